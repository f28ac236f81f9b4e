"""The running service while the source of its histories is gone for a minute, again and again.

    python benchmarks/outage.py [--source mariadb] [--fault all] [--gone 60] [--runs 20]

Starts a private MariaDB or Prometheus, a proxy that fails, and the service over both; asks for plans of many services
at a steady rate all the time. Prints for each outage p50, p99 and the largest latency while it lasts, how long after
its end the first plan and from when on all plans were complete again, and threads, open files, memory and connections
after it. Ends with 1 when an answer was not 200, p99 reached a second, or it took longer than ten seconds to be back.
All traffic is loopback; the servers must be installed (`make servers`).
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# This file's folder would hide the standard library's `http` behind a file's name.
sys.path[0] = str(ROOT)

import argparse
import http.client
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread

from sqlalchemy import insert

from adapters.database.database import Database
from adapters.database.migrator import Migrator
from adapters.database.tables.history import METRIC_HISTORY
from adapters.database.target import DatabaseTarget, target_of_url
from tests.servers.fault_proxy import Fault, FaultProxy, fault_proxy
from tests.servers.mariadb import running_mariadb
from tests.servers.ports import free_port
from tests.servers.prometheus import running

HOURS = 336
METRICS = {"cpu_cores": 1.5, "cpu_cores_max": 1.9, "memory_gib": 3.0, "memory_gib_max": 3.2}
BREAKING = [Fault.REFUSE, Fault.HANG, Fault.RESET, Fault.CUT]
SETTLE_SECONDS = 12.0
READY_SECONDS = 60.0
REQUEST_SECONDS = 30.0
PROMISED_P99_SECONDS = 1.0
PROMISED_BACK_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One plan: when asked and answered (monotonic), whether 200, whether from all of the history."""

    asked: float
    answered: float
    is_ok: bool
    is_complete: bool


class Load:
    """Asks for plans at a steady rate until stopped; each caller keeps one connection."""

    def __init__(self, port: int, services: int, rate: float, callers: int) -> None:
        self._port = port
        self._services = services
        self._pause = callers / rate
        self._over = Event()
        self._lock = Lock()
        self._answers: list[Answer] = []
        self._threads = [Thread(target=self._ask, args=(number, callers)) for number in range(callers)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let every caller finish."""
        self._over.set()
        for thread in self._threads:
            thread.join(REQUEST_SECONDS)

    def between(self, begin: float, end: float) -> list[Answer]:
        """Plans asked for within a time."""
        with self._lock:
            return [answer for answer in self._answers if begin <= answer.asked < end]

    def _ask(self, number: int, callers: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=REQUEST_SECONDS)
        step = number
        next_at = time.monotonic() + number * self._pause / callers
        while not self._over.wait(max(0.0, next_at - time.monotonic())):
            answer = _plan(connection, f"svc-{step % self._services}")
            step, next_at = step + callers, max(next_at + self._pause, time.monotonic() - self._pause)
            with self._lock:
                self._answers.append(answer)
        connection.close()


def _plan(connection: http.client.HTTPConnection, service: str) -> Answer:
    context = {"context_id": "o", "timestamp": datetime.now(UTC).isoformat(), "service_type": "web"}
    body = json.dumps({"service_id": service, "metric_name": "cpu_cores", "context": context})
    asked = time.monotonic()
    connection.request("POST", "/plans", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    text = response.read()
    notes = json.loads(text).get("notes", "")
    complete = "cannot be read" not in notes and "_fallback" not in text.decode()
    return Answer(asked, time.monotonic(), response.status == 200, complete)


@contextmanager
def mariadb(services: int) -> Iterator[tuple[int, dict[str, str]]]:
    """A filled MariaDB: its port, and settings that name it through a proxy at ``{port}``."""
    with running_mariadb() as server:
        server.execute("CREATE DATABASE outage CHARACTER SET utf8mb4")
        database = Database(DatabaseTarget(url=target_of_url(server.url("outage"))))
        Migrator(database, ROOT / "migrations").upgrade()
        newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        for service in range(services):
            rows = [
                {"service_id": f"svc-{service}", "metric_name": name, "ts": newest - timedelta(hours=h), "value": value}
                for name, value in METRICS.items()
                for h in range(HOURS)
            ]
            with database.transaction() as connection:
                connection.execute(insert(METRIC_HISTORY), rows)
        database.close()
        url = "mysql://root@127.0.0.1:{port}/outage"
        yield server.port, {"DATA_SOURCE_BACKEND": "database", "DATABASE_URL": url}


@contextmanager
def prometheus(services: int) -> Iterator[tuple[int, dict[str, str]]]:
    """A filled Prometheus, as ``mariadb``."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        begin = (datetime.now(UTC) - timedelta(hours=HOURS)).timestamp()
        # In order of time, as it is scraped; the newest are a few minutes old when the last outage ends.
        times = [begin + 120 * step for step in range(HOURS * 30 + 1)]
        for start in range(0, len(times), 240):
            some = times[start : start + 240]
            server.write(one for service in range(services) for one in _samples(f"svc-{service}", some))
        yield server.port, {
            "DATA_SOURCE_BACKEND": "prometheus", "PROMETHEUS_URL": "http://127.0.0.1:{port}", "KEEP_PLANS": "none",
        }  # fmt: skip


def _samples(service: str, times: list[float]) -> Iterator[tuple[dict[str, str], list[tuple[float, float]]]]:
    labels = {"container": service, "pod": "a", "image": "i"}
    yield {"__name__": "container_cpu_usage_seconds_total", **labels}, [(at, 1.5 * at) for at in times]
    yield {"__name__": "container_memory_working_set_bytes", **labels}, [(at, 3.0 * 2**30) for at in times]


@contextmanager
def service(folder: Path, settings: dict[str, str]) -> Iterator[tuple[int, int]]:
    """The service: its port, and the id of its worker process."""
    port = free_port()
    known = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "LANG") if name in os.environ}
    environment = {**known, "PYTHONPATH": str(ROOT), "PORT": str(port), "LOG_LEVEL": "WARNING", **settings}
    command = [sys.executable, "-m", "entrypoints.cli", "serve"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        _until_ready(port, process, folder / "log")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield port, int(children[-1]) if children else process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        print((folder / "log").read_text()[-2000:], file=sys.stderr)


def _until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
            connection.request("GET", "/health/ready")
            connection.getresponse().read()
            connection.close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(log.read_text()) from None
            time.sleep(0.1)
        else:
            return


def resources(pid: int) -> tuple[int, int, float]:
    """Threads, open files and resident MB of a process."""
    status = dict(
        line.split(":", 1)
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        if ":" in line
    )
    return int(status["Threads"]), len(list(Path(f"/proc/{pid}/fd").iterdir())), int(status["VmRSS"].split()[0]) / 1024


def outage(load: Load, proxy: FaultProxy, fault: Fault, gone: float) -> tuple[list[Answer], float, float]:
    """One outage under load.

    Returns:
        Answers while it lasted; seconds after its end until the first complete plan, and until all were.
    """
    began = time.monotonic()
    proxy.fail(fault)
    time.sleep(gone)
    ended = time.monotonic()
    proxy.heal()
    time.sleep(SETTLE_SECONDS)
    after = load.between(ended, time.monotonic())
    first = min((one.answered for one in after if one.is_complete), default=float("inf")) - ended
    last_incomplete = max((one.answered for one in after if not one.is_complete), default=ended) - ended
    return load.between(began, ended), first, last_incomplete


def quantile(values: list[float], share: float) -> float:
    """The smallest value that is not below ``share`` of them."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> int:
    """Run and print.

    Returns:
        0 when all promises were kept.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", choices=("mariadb", "prometheus"), default="mariadb")
    parser.add_argument("--fault", choices=["all", *BREAKING], default="all", help="all: one after the other")
    parser.add_argument("--gone", type=float, default=60.0, help="length of an outage, seconds")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--services", type=int, default=40)
    parser.add_argument("--rate", type=float, default=40.0, help="plans a second")
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--cache", type=float, default=5.0, help="HISTORY_CACHE_SECONDS: short, as of many services")
    options = parser.parse_args()
    faults = BREAKING if options.fault == "all" else [Fault(options.fault)]
    source = {"mariadb": mariadb, "prometheus": prometheus}[options.source]
    kept = True
    with ExitStack() as stack:
        server_port, settings = stack.enter_context(source(options.services))
        proxy = stack.enter_context(fault_proxy(server_port))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        own = {"HISTORY_CACHE_SECONDS": str(options.cache)} | {
            name: text.format(port=proxy.port) for name, text in settings.items()
        }
        port, pid = stack.enter_context(service(folder, own))
        load = Load(port, options.services, options.rate, options.callers)
        load.start()
        stack.callback(load.stop)
        time.sleep(SETTLE_SECONDS)
        warm = time.monotonic()
        time.sleep(SETTLE_SECONDS)
        before = load.between(warm, time.monotonic())
        usual = [one.answered - one.asked for one in before]
        lacking = sum(not one.is_complete for one in before)
        print(f"{options.source}, gone for {options.gone:g} s, {options.rate:g} plans/s of {options.services} services")
        p50, p99 = quantile(usual, 0.5), quantile(usual, 0.99)
        print(f"before: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, {lacking} of {len(before)} plans incomplete")
        print(
            "run fault   plans not200  p50 ms  p99 ms  max ms  first s  all s  threads files  MB  connections",
            flush=True,
        )
        for run in range(options.runs):
            fault = faults[run % len(faults)]
            during, first, everything = outage(load, proxy, fault, options.gone)
            took = [one.answered - one.asked for one in during]
            failed = sum(not one.is_ok for one in during)
            threads, files, mega = resources(pid)
            p50, p99, most = (quantile(took, share) for share in (0.5, 0.99, 1.0))
            print(
                f"{run + 1:3} {fault:7} {len(during):5} {failed:6}"
                f" {p50 * 1000:7.1f} {p99 * 1000:7.1f} {most * 1000:7.1f} {first:8.2f} {everything:6.2f}"
                f" {threads:8} {files:5} {mega:4.0f} {proxy.connections:5}",
                flush=True,
            )
            kept &= not failed and p99 < PROMISED_P99_SECONDS and everything < PROMISED_BACK_SECONDS
    print("kept" if kept else "NOT KEPT")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
