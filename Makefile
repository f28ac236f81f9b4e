# Two commands on a fresh machine (Python 3.11+, make, git):
#   make run    set up and start the service on the embedded default
#   make test   set up everything and pass all tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --compile --root-user-action=ignore
ARGS ?=

.PHONY: help run setup servers test check format fuzz mutate audit lock clean

help:  ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

run: $(VENV)/runtime.done  ## Set up what serving needs and start the service (ARGS="--port 9000")
	$(BIN)/mcp-core serve $(ARGS)

setup: $(VENV)/all.done  ## Prepare .venv with the mcp-core command, training and test tools

servers:  ## Install the servers that tests need, where that is allowed
	@sh scripts/servers.sh

test: $(VENV)/all.done servers  ## Run all tests (ARGS="-k plans")
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/all.done  ## Lint, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/all.done  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fuzz: $(VENV)/all.done  ## Send 50,000 requests drawn from the OpenAPI document; half an hour or more
	FUZZ_EXAMPLES=1000 $(BIN)/python -m pytest tests/http/test_schema_fuzz.py --show-capture=no $(ARGS)

mutate: $(VENV)/all.done  ## Change the code of accounts in 300 places, one at a time, and count what the tests notice; a quarter of an hour (ARGS="--most 0": all)
	OMP_NUM_THREADS=1 nice -n 15 $(BIN)/python scripts/mutate.py --most 300 $(ARGS)

audit:  ## Hold the pinned versions against known vulnerabilities; needs the network, and fails where it gets no answer
	@test -x $(VENV)/audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)/audit && $(VENV)/audit/bin/python -m pip install --quiet pip-audit; }
	$(VENV)/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/all.txt

lock:  ## Pin what pyproject.toml asks for, with hashes; needs uv (ARGS=--upgrade takes the newest versions)
	UV_CUSTOM_COMPILE_COMMAND="make lock" sh scripts/lock.sh $(ARGS)

clean:  ## Remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist

# A stamp is written only after everything before it worked, so that a broken set-up is taken up again.
$(VENV)/base.done: requirements/build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/runtime.done: $(VENV)/base.done requirements/runtime.txt pyproject.toml
	@echo "Setting up $(VENV) (once; about a minute)"
	$(PIP) --require-hashes -r requirements/runtime.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/all.done: $(VENV)/base.done requirements/all.txt pyproject.toml
	@echo "Setting up $(VENV) with training and test tools (once; some minutes)"
	$(PIP) --require-hashes -r requirements/all.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/runtime.done
