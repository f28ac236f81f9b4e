"""Alerts survive kill -9: workers are killed at random instants while the receiver in Discord's place answers badly.

    python benchmarks/alert_crashes.py [--kills 500] [--workers 4] [--database sqlite|mariadb]

20 % of the answers are 429 with Retry-After, 10 % are cut (half of them before they say anything), 5 % are 500. Prints
how many alerts were committed to the database, how many arrived, how often one came twice, and whether any came before
an earlier one of its service. Then two dispatchers that nobody kills share an outbox behind a receiver that answers
well: no alert may come twice. Exits with 1 when an alert was lost or left. About 30 s per 100 kills; loopback only.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# This file's folder would hide the standard library's `http` behind a file's name.
sys.path[0] = str(ROOT)

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.database.database import Database
from tests.servers.crash_run import CrashReport, Odds, crash_run, target_of
from tests.servers.databases import migrator_of
from tests.servers.mariadb import running_mariadb


@contextmanager
def databases(kind: str, count: int) -> Iterator[list[str]]:
    """Addresses of upgraded, empty databases."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            urls = [f"sqlite:///{folder}/{index}.sqlite3" for index in range(count)]
            _upgrade(urls)
            yield urls
        return
    with running_mariadb() as server:
        names = [f"crash_{index}" for index in range(count)]
        for name in names:
            server.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        urls = [server.url(name) for name in names]
        _upgrade(urls)
        yield urls


def _upgrade(urls: list[str]) -> None:
    for url in urls:
        database = Database(target_of(url))
        migrator_of(database).upgrade()
        database.close()


def show(title: str, report: CrashReport) -> None:
    """Figures, and how the receiver answered."""
    answers = ", ".join(f"{how} {count}" for how, count in sorted(report.answers.items()))
    print(
        f"{title}: {report.kills} kills, {report.committed} alerts committed, {report.arrived} arrived, "
        f"{report.lost} lost, {report.stuck} left, {report.out_of_order} out of order, {report.seconds:.0f} s\n"
        f"  {report.duplicates} came again, {report.answers.get('cut early', 0)} replies were cut early; "
        f"{report.while_killing} arrivals before the last kill; answers: {answers}",
        flush=True,
    )


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--database", choices=("sqlite", "mariadb"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with databases(options.database, 2) as (first, second):
        killed = crash_run(first, kills=options.kills, workers=options.workers, odds=Odds(), seed=options.seed)
        show(f"{options.database}, killed", killed)
        calm = Odds(too_many=0.0, cut=0.0, failing=0.0)
        shared = crash_run(second, kills=0, workers=2, odds=calm, seed=options.seed)
        show(f"{options.database}, two dispatchers", shared)
    return 1 if killed.lost or killed.stuck or shared.lost or shared.stuck or shared.duplicates else 0


if __name__ == "__main__":
    sys.exit(main())
