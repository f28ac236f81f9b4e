"""How long a long CSV file takes to check and load, and how much memory the process needs at its peak.

    python benchmarks/csv_load.py [--rows 1000000] [--rounds 3]

Every reading runs in a fresh process, interleaved with a plain pass of ``csv.reader`` over the same file, which checks
and keeps nothing: the ratio of the two is what stays comparable between machines. Seconds are the best of the rounds,
without the import of the interpreter and NumPy; memory is the highest resident size of the whole process.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

SERVICES = 60
METRICS = ("avg_cpu", "cpu_max", "avg_memory", "memory_max", "requests")
START = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
SEED = 2026
BAD_EVERY = 100
BAD_LINES = ("shop,avg_cpu,2026-01-01T00:00:00Z,nan", "shop,avg_cpu,yesterday,1", "shop,avg_cpu", "a\0b,m,x,1")


def _stamp(step: int) -> str:
    return f"{datetime.fromtimestamp(START + step * 3600, tz=UTC):%Y-%m-%dT%H:%M:%SZ}"


def _lines(rows: int, value: Callable[[random.Random], str]) -> Iterator[str]:
    rng = random.Random(SEED)
    pairs = [(f"service-{number:02d}", metric) for number in range(SERVICES) for metric in METRICS]
    hours = -(-rows // len(pairs))
    stamps = [_stamp(step) for step in range(hours)]
    for index in range(rows):
        service, metric = pairs[index // hours]
        yield f"{service},{metric},{stamps[index % hours]},{value(rng)}"


def _short(rng: random.Random) -> str:
    return f"{rng.random():.4f}"


def _full(rng: random.Random) -> str:
    return repr(rng.random())


def _by_series(rows: int) -> list[str]:
    return list(_lines(rows, _short))


def _full_precision(rows: int) -> list[str]:
    return list(_lines(rows, _full))


def _by_hour(rows: int) -> list[str]:
    """As a collector appends: every series of an hour, then the next hour."""
    return sorted(_lines(rows, _full), key=lambda line: line.split(",", 3)[2])


def _shuffled(rows: int) -> list[str]:
    lines = list(_lines(rows, _full))
    random.Random(SEED).shuffle(lines)
    return lines


def _one_percent_bad(rows: int) -> list[str]:
    lines = list(_lines(rows, _full))
    for place, index in enumerate(range(0, rows, BAD_EVERY)):
        lines[index] = BAD_LINES[place % len(BAD_LINES)]
    return lines


FILES: dict[str, Callable[[int], list[str]]] = {
    "by series, 4 decimals": _by_series,
    "by series, 17 digits": _full_precision,
    "by hour, 17 digits": _by_hour,
    "shuffled, 17 digits": _shuffled,
    "1 % bad lines": _one_percent_bad,
}


def _load(path: Path) -> dict[str, float]:
    from adapters.history.long_file import load_long_file  # noqa: PLC0415 - the plain pass must stay free of NumPy

    started = time.perf_counter()
    _, report = load_long_file(path)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "accepted": report.accepted, "rejected": report.rejected}


def _pass(path: Path) -> dict[str, float]:
    started = time.perf_counter()
    with path.open(newline="") as source:
        count = sum(1 for _ in csv.reader(source))
    return {"seconds": time.perf_counter() - started, "accepted": count - 1, "rejected": 0}


def _measure(kind: str, path: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--child", kind, str(path)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _make(name: str, rows: int, path: Path) -> None:
    path.write_text("\n".join(["service_id,metric_name,ts,value", *FILES[name](rows), ""]))


def _child(kind: str, path: Path) -> None:
    found = {"load": _load, "pass": _pass}[kind](path)
    found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def _compare(name: str, path: Path, rounds: int) -> None:
    loads, passes = [], []
    for _ in range(rounds):
        loads.append(_measure("load", path))
        passes.append(_measure("pass", path))
    best = min(loads, key=lambda found: found["seconds"])
    plain = min(found["seconds"] for found in passes)
    lines = best["accepted"] + best["rejected"]
    print(
        f"{name:<24}{lines:>11,.0f}{best['rejected']:>10,.0f}{best['seconds']:>8.2f}"
        f"{lines / best['seconds'] / 1e6:>12.2f}{max(found['peak_mib'] for found in loads):>10.0f}"
        f"{plain:>14.2f}{best['seconds'] / plain:>8.2f}"
    )


def main() -> None:
    """Write each kind of file to a temporary folder and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=2, metavar=("KIND", "FILE"), help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        _make(options.make[0], options.rows, Path(options.make[1]))
        return
    if options.child:
        _child(options.child[0], Path(options.child[1]))
        return
    headings = f"{'lines':>11}{'rejected':>10}{'s':>8}{'M lines/s':>12}{'peak MiB':>10}{'csv.reader s':>14}{'ratio':>8}"
    print(f"{'file':<24}{headings}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "services.csv"
        for name in FILES:
            # In a process of its own: a child's peak counts from its parent's size, so the parent must stay small.
            order = [sys.executable, __file__, "--rows", str(options.rows), "--make", name, str(path)]
            subprocess.run(order, check=True)
            _compare(name, path, options.rounds)


if __name__ == "__main__":
    main()
