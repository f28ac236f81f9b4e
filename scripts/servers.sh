#!/bin/sh
# Installs the servers the tests talk to (MariaDB, Prometheus, Chromium) from the system's packages, where that is
# allowed: as root, with apt-get. Otherwise it says what is missing; those tests are then skipped, loudly.
set -u
missing=""
command -v mariadbd >/dev/null 2>&1 || [ -x /usr/sbin/mariadbd ] || missing="$missing mariadb-server"
command -v promtool >/dev/null 2>&1 || missing="$missing prometheus"
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing test servers:$missing"
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # a list of packages
    if { apt-get update -q && apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log" >&2
    rm -f "$log"
fi
echo "Missing test servers:$missing. Their tests are skipped here; install the packages to run them." >&2
[ -z "${CI:-}" ] || exit 1
