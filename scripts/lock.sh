#!/bin/sh
# Pins every dependency with hashes. No index line is written: where packages come from is the installer's business.
set -eu
more=${1:-}
compile() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url $more "$@"; }
compile pyproject.toml -o requirements/runtime.txt
compile pyproject.toml --extra train --extra bench --group dev -c requirements/runtime.txt -o requirements/all.txt
compile --group build -c requirements/runtime.txt -o requirements/build.txt
