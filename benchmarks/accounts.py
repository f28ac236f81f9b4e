"""How long answers about accounts take, and what a flood of log-ins does to planning.

    python benchmarks/accounts.py [--people 200] [--seconds 5] [--rounds 3]

Prints, for known and unknown names in turn, the median time of log-ins, of asking for a new password and of
registering, and how far they are apart; then the rate of `/plans` alone and while sixteen connections log in as fast as
they can, and what these were answered. Only ratios of one run mean anything on a shared machine. All traffic is
loopback, bounded in time.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# This file's folder would hide the standard library's `http` behind the benchmark of that name.
sys.path[0] = str(ROOT)

import argparse
import http.client
import itertools
import json
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from application.accounts.create_user import NewUser
from domain.identity.audit import Caller
from domain.identity.users import User
from entrypoints.container import build_container
from entrypoints.settings import Settings

PASSWORD = "correct-zebra-lantern-42"  # noqa: S105  # of accounts that live as long as the run
FLOOD = 16
HERE = Caller(address="benchmark")
_addresses = (f"2001:db8::{number:x}" for number in itertools.count(1))


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(port: int, url: str) -> Iterator[None]:
    """The service, where credentials are required and every client's address is believed."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "DATABASE_URL": url, "AUTH": "required", "REGISTRATION": "open",
        "TRUSTED_PROXIES": "127.0.0.1", "RATE_KEY_PER_MINUTE": "1000000", "RATE_ANONYMOUS_PER_MINUTE": "1000000",
        "RATE_PLANS_PER_MINUTE": "1000000",
        "LOG_LEVEL": "ERROR", "KEEP_PLANS": "none",
    }  # fmt: skip
    command = [sys.executable, "-m", "entrypoints.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "GET", "/health/live")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, float]:
    """Status and seconds of one request."""
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    began = time.perf_counter()
    connection.request(method, path, None if body is None else json.dumps(body), sent)
    response = connection.getresponse()
    response.read()
    return response.status, time.perf_counter() - began


Bodies = Callable[[str], dict[str, str]]
ASKED: dict[str, Bodies] = {
    "/auth/login": lambda name: {"login": name, "password": "wrong"},
    "/auth/forgot-password": lambda name: {"login": name},
    "/auth/register": lambda name: {"username": name, "email": f"{name}@example.org", "password": PASSWORD},
}


def compare(port: int, path: str, people: int) -> None:
    """Known and unknown names in turn."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    seconds: dict[str, list[float]] = {"known": [], "unknown": []}
    statuses: dict[str, set[int]] = {"known": set(), "unknown": set()}
    for number in range(people):
        pair = [("known", f"person-{number}"), ("unknown", f"{path[6:8]}-{number}")]
        # Whoever comes second may find something warm.
        for kind, name in pair if number % 2 else reversed(pair):
            status, took = ask(connection, "POST", path, ASKED[path](name), X_Forwarded_For=next(_addresses))
            seconds[kind].append(took)
            statuses[kind].add(status)
    known, unknown = (statistics.median(seconds[kind]) for kind in ("known", "unknown"))
    apart = abs(known - unknown) / min(known, unknown)
    told = {
        kind: f"{people} {kind} {1e3 * statistics.median(seconds[kind]):.1f} ms {statuses[kind]}" for kind in seconds
    }
    print(f"{path:22} {told['known']}, {told['unknown']}: medians {apart:.1%} apart", flush=True)


def plans(port: int, key: str, seconds: float) -> float:
    """Plans a second over one connection."""
    context = {"context_id": "b", "timestamp": "2026-11-23T12:00:00Z", "service_type": "web", "runtime_env": "dev"}
    body = {"service_id": "shop-api", "metric_name": "avg_cpu", "context": context}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    count, stop = 0, time.perf_counter() + seconds
    while time.perf_counter() < stop:
        status, _ = ask(connection, "POST", "/plans", body, Authorization=f"Bearer {key}")
        if status != 200:
            raise SystemExit(f"/plans answered {status}")
        count += 1
    return count / seconds


@contextmanager
def flood(port: int) -> Iterator[Counter[int]]:
    """Log-ins from many addresses, as fast as they are answered."""
    answered: Counter[int] = Counter()
    stopping = threading.Event()

    def log_in(lane: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in itertools.count():
            if stopping.is_set():
                return
            body = {"login": f"flood-{lane}-{number}", "password": "wrong"}
            status, _ = ask(connection, "POST", "/auth/login", body, X_Forwarded_For=f"2001:db8:1::{lane:x}:{number:x}")
            answered[status] += 1

    lanes = [threading.Thread(target=log_in, args=(lane,)) for lane in range(FLOOD)]
    for lane in lanes:
        lane.start()
    time.sleep(0.5)
    try:
        yield answered
    finally:
        stopping.set()
        for lane in lanes:
            lane.join()


def prepare(url: str, people: int) -> str:
    """Accounts that share one hash, and a key for planning."""
    container = build_container(Settings(_env_file=None, database_url=url))
    accounts = container.accounts()
    first = accounts.create_user(NewUser(username="person-0", email="person-0@example.org", password=PASSWORD), HERE)
    with container.account_database().transaction() as records:
        for number in range(1, people):
            records.users.add(_copy(first, number))
    made = accounts.create_api_key("person-0", "benchmark", ["plans:write"], 1, HERE, actor_id=None)
    container.database().close()
    return made.text


def _copy(user: User, number: int) -> User:
    return replace(user, id=f"{number:032x}", username=f"person-{number}", email=f"person-{number}@example.org")


def load(port: int, key: str, seconds: float) -> float:
    """The rate of a process of its own, so that the flood's threads do not slow the one who measures."""
    command = [sys.executable, __file__, "--plans", str(port), key, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    return float(done.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plans", nargs=3, help=argparse.SUPPRESS)
    options: Any = parser.parse_args()
    if options.plans:
        port, key, seconds = options.plans
        print(plans(int(port), key, float(seconds)))
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/accounts.sqlite3"
        key = prepare(url, options.people)
        port = free_port()
        with running(port, url):
            for path in ASKED:
                compare(port, path, options.people)
            plans(port, key, 1.0)
            ratios = []
            for _ in range(options.rounds):
                alone = load(port, key, options.seconds)
                with flood(port) as answered:
                    beside = load(port, key, options.seconds)
                ratios.append(beside / alone)
                said = f"{sum(answered.values())} log-ins answered {dict(answered)}"
                print(f"/plans {alone:.0f}/s alone, {beside:.0f}/s beside {said}", flush=True)
            print(f"/plans beside the flood: {statistics.median(ratios):.2f} of its rate alone")


if __name__ == "__main__":
    main()
