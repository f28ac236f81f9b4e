"""History in MariaDB: windows, imports and plans, each beside the least that could be done.

    python benchmarks/database.py [--rows 1000000] [--import-rows 200000] [--windows 300] [--plans 200]

Starts a private MariaDB, fills a table of ``--rows`` hourly rows, and prints medians and ratios of one run, both sides
in turn: a window of 168 hours through the adapter against a bare PyMySQL select of the same rows, and out of the memory
in front of it; `mcp-core history import`'s use case against LOAD DATA LOCAL of the same file into an empty table;
`POST /plans` of services asked for the first time (cold) and again (cached). Only ratios of one run mean anything on a
shared machine. All traffic is loopback.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# This folder holds an `http.py`, which would hide the standard library's.
sys.path[0] = str(ROOT)

import argparse
import http.client
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pymysql

from adapters.database.database import Database
from adapters.database.migrator import Migrator
from adapters.database.target import DatabaseTarget, target_of_url
from adapters.history.guarded_history import GuardedMetricHistory
from adapters.history.history_files import HistoryFiles
from adapters.history.sql_history import SqlMetricHistory
from adapters.history.sql_store import SqlHistoryStore
from adapters.history.window_cache import WindowCache
from application.import_history import ImportHistory
from benchmarks.http import free_port, request_body, running
from domain.ports.metric_history import MetricHistory
from domain.series import HOUR
from entrypoints.assets import asset_path
from tests.servers.mariadb import MariaDb, running_mariadb

METRICS = ("avg_cpu", "cpu_max", "avg_memory", "memory_max")
HOURS = 2160
WINDOW_HOURS = 168
END = datetime(2026, 11, 15, tzinfo=UTC)
START = END - HOURS * HOUR
NAME = "bench"
SEED = 2026


def fill(server: MariaDb, rows: int) -> int:
    """Rows of 90 days in the table of a new database; gives the number of services."""
    services = max(10, rows // (HOURS * len(METRICS)))
    server.execute(f"CREATE DATABASE {NAME} CHARACTER SET utf8mb4")
    database = open_database(server)
    Migrator(database, asset_path("migrations")).upgrade()
    database.close()
    begin = f"{START:%Y-%m-%d %H:%M:%S}"
    metrics = " UNION ALL ".join(f"SELECT '{metric}' AS name" for metric in METRICS)
    # Series by series, nearly in the order of the key: the server appends instead of splitting pages.
    server.execute(
        f"INSERT INTO metric_history SELECT STRAIGHT_JOIN CONCAT('svc-', s.seq), m.name, "  # noqa: S608
        f"'{begin}' + INTERVAL h.seq HOUR, "
        "0.3 + 0.1 * SIN(2 * PI() * (h.seq + s.seq) / 24) + 0.02 * RAND(s.seq + h.seq) "
        f"FROM seq_0_to_{services - 1} s JOIN ({metrics}) m JOIN seq_0_to_{HOURS - 1} h",
        database=NAME,
    )
    server.execute("ANALYZE TABLE metric_history", database=NAME)
    return services


def open_database(server: MariaDb) -> Database:
    """As the service opens it."""
    return Database(DatabaseTarget(url=target_of_url(server.url(NAME)), io_seconds=600.0))


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - began)


def show(name: str, times: list[float]) -> None:
    """A line of medians."""
    ordered = sorted(times)
    print(f"{name:44} p50 {statistics.median(times):8.3f} ms   p99 {ordered[int(len(ordered) * 0.99)]:8.3f} ms")


def compare_windows(server: MariaDb, services: int, windows: int) -> None:
    """The adapter, the cache in front of it, and a bare select, in turn, each of the same random service."""
    database = open_database(server)
    history = SqlMetricHistory(lambda: database)
    cache = WindowCache(now=lambda: datetime.now(UTC), fresh_seconds=300.0)
    guarded = GuardedMetricHistory(history, cache=cache, patience_seconds=600.0)
    bare = server.connect(NAME)
    cursor = bare.cursor()
    cursor.execute("SET time_zone = '+00:00'")
    begin = END - WINDOW_HOURS * HOUR
    query = (
        "SELECT UNIX_TIMESTAMP(ts), value FROM metric_history "
        "WHERE service_id = %s AND metric_name = 'avg_cpu' AND ts >= %s AND ts < %s"
    )

    def select(service: str) -> None:
        cursor.execute(query, (service, begin.replace(tzinfo=None), END.replace(tzinfo=None)))
        assert len(cursor.fetchall()) == WINDOW_HOURS

    def window(source: MetricHistory, service: str, *names: str) -> None:
        found = source.window(service, names, end=END, hours=WINDOW_HOURS)
        assert len(found.series["avg_cpu"]) == WINDOW_HOURS

    plan_names = ("avg_cpu", "cpu", "cpu_cores", "memory_gib", "avg_memory", "memory", "cpu_max", "memory_max")
    rng = random.Random(SEED)
    sides: dict[str, list[float]] = {name: [] for name in ("bare select", "adapter", "remembered", "eight names")}
    for turn in range(windows + 20):
        service = f"svc-{rng.randrange(services)}"
        window(guarded, service, "avg_cpu")
        measured = {
            "bare select": timed(lambda service=service: select(service)),  # type: ignore[misc]
            "adapter": timed(lambda service=service: window(history, service, "avg_cpu")),  # type: ignore[misc]
            "remembered": timed(lambda service=service: window(guarded, service, "avg_cpu")),  # type: ignore[misc]
            "eight names": timed(lambda service=service: window(history, service, *plan_names)),  # type: ignore[misc]
        }
        if turn >= 20:
            for name, milliseconds in measured.items():
                sides[name].append(milliseconds)
    guarded.close()
    database.close()
    bare.close()
    show(f"bare PyMySQL select of {WINDOW_HOURS} hours", sides["bare select"])
    show(f"adapter, {WINDOW_HOURS} hours of one metric", sides["adapter"])
    show("the same, remembered", sides["remembered"])
    show("adapter, eight names, four of them there", sides["eight names"])
    ratio = statistics.median(ours / bare for ours, bare in zip(sides["adapter"], sides["bare select"], strict=True))
    print(f"{'ratio adapter / bare select':44} {ratio:.2f}", flush=True)


def write_file(path: Path, rows: int) -> None:
    """A long file of new services, each a year at most."""
    rng = np.random.default_rng(SEED)
    per_series = min(8760, rows)
    stamps = [f"{START + step * HOUR:%Y-%m-%dT%H:%M:%SZ}" for step in range(per_series)]
    with path.open("w", encoding="utf-8") as file:
        file.write("service_id,metric_name,ts,value\n")
        for series in range(-(-rows // per_series)):
            count = min(per_series, rows - series * per_series)
            values = rng.random(count).round(6).tolist()
            file.write("".join([f"new-{series:04d},avg_cpu,{stamps[i]},{values[i]}\n" for i in range(count)]))


def cpu_seconds(server: MariaDb) -> tuple[float, float]:
    """Processor time used so far by this process and by the server: what stays comparable on a busy machine."""
    pid = (server.folder / "db.pid").read_text(encoding="ascii").strip()
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return time.process_time(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare_imports(server: MariaDb, folder: Path, rows: int, rounds: int) -> None:
    """Ours and the server's own way, in turn, each into an empty table."""
    path = folder / "import.csv"
    write_file(path, rows)
    database = open_database(server)
    use_case = ImportHistory(reader=HistoryFiles(), store=SqlHistoryStore(lambda: database, table="ours"))
    ways: dict[str, Callable[[], object]] = {
        "import": lambda: use_case(path, on_rejected=print, on_progress=lambda _done: None),
        "import again": lambda: use_case(path, on_rejected=print, on_progress=lambda _done: None),
        "LOAD DATA LOCAL": lambda: load_data(server, path, "loaded"),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for table in ("ours", "loaded"):
            server.execute(f"CREATE OR REPLACE TABLE {table} LIKE metric_history", database=NAME)
        for name, way in ways.items():
            before = cpu_seconds(server)
            rates[name].append(1e3 * rows / timed(way))
            after = cpu_seconds(server)
            costs[name].append((1e6 * (after[0] - before[0]) / rows, 1e6 * (after[1] - before[1]) / rows))
        counts = "SELECT (SELECT COUNT(*) FROM ours), (SELECT COUNT(*) FROM loaded)"
        assert server.execute(counts, database=NAME) == [(rows, rows)]
    database.close()
    for name in ways:
        client, of_server = (statistics.median(cost[side] for cost in costs[name]) for side in (0, 1))
        print(f"{name + f' of {rows:,} rows':44} {statistics.median(rates[name]):9,.0f} rows/s   processor time a row: "
              f"client {client:.1f} µs, server {of_server:.1f} µs")  # fmt: skip
    ratio = statistics.median(
        ours / theirs for ours, theirs in zip(rates["import"], rates["LOAD DATA LOCAL"], strict=True)
    )
    print(f"{'ratio import / LOAD DATA LOCAL':44} {ratio:.2f}", flush=True)


def load_data(server: MariaDb, path: Path, table: str) -> None:
    """The fastest way in that there is: no check, no upsert."""
    connection: pymysql.Connection = server.connect(NAME)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table} CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' "
            "IGNORE 1 LINES (service_id, metric_name, @ts, value) SET ts = LEFT(@ts, 19)"
        )


def measure_plans(server: MariaDb, folder: Path, services: int, plans: int) -> None:
    """Requests one after the other: every service for the first time, then all of them again."""
    port = free_port()
    settings = {
        "DATA_SOURCE_BACKEND": "database", "DATABASE_URL": server.url(NAME), "PLAN_SPOOL_DIR": str(folder / "spool"),
        "CSV_SERVICES_PATH": "", "CSV_DATA_PATH": "",
        # On a busy machine it is the wait that is measured, not a plan that goes on without its history.
        "HISTORY_PATIENCE_SECONDS": "60",
    }  # fmt: skip
    command = [sys.executable, "-m", "entrypoints.cli", "serve", "--port", str(port)]
    with running(command, port, "/health/ready", **settings):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        # Each engine plans services of its own: a window read for one would be remembered for the other.
        count = min(plans, services // 2)
        for number, (env, engine) in enumerate((("dev", "baseline"), ("prod", "LSTM"))):
            asked = [f"svc-{number * count + step}" for step in range(count)]
            for kind in ("cold", "cached"):
                bodies = [json.dumps(request_body(service, env)).encode() for service in asked]
                show(f"/plans, {engine}, {kind}", [timed(lambda sent=sent: ask(connection, sent)) for sent in bodies])  # type: ignore[misc]
        connection.close()


def ask(connection: http.client.HTTPConnection, body: bytes) -> None:
    """One plan."""
    connection.request("POST", "/plans", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200 or b"_fallback" in answer[:300]:
        raise SystemExit(f"unexpected answer: {answer[:300]!r}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--import-rows", type=int, default=200_000)
    parser.add_argument("--import-rounds", type=int, default=3)
    parser.add_argument("--windows", type=int, default=300)
    parser.add_argument("--plans", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_mariadb("--innodb-buffer-pool-size=256M") as server:
        began = time.perf_counter()
        services = fill(server, options.rows)
        rows = services * HOURS * len(METRICS)
        load = os.getloadavg()[0]
        took = timedelta(seconds=int(time.perf_counter() - began))
        print(
            f"{rows:,} rows of {services:,} services, filled in {took}; {os.cpu_count()} cores, load average {load:.1f}"
        )
        compare_windows(server, services, options.windows)
        compare_imports(server, Path(folder), options.import_rows, options.import_rounds)
        measure_plans(server, Path(folder), services, options.plans)


if __name__ == "__main__":
    main()
