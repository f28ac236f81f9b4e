"""What keeping plans costs `/plans`: the same server with KEEP_PLANS=all and KEEP_PLANS=none, in interleaved rounds.

    python benchmarks/keep_plans.py [--seconds 3] [--rounds 7] [--services 200] [--rate 200] [--database sqlite|URL]

Prints p50 and p99 at a steady rate over four connections, then requests per second, p50 and p99 of sixteen connections
that ask as fast as they are answered, and how many plans the database holds afterwards. Only ratios of one run mean
anything on a shared machine. All traffic is loopback, bounded in time.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# This file's folder would hide the standard library's `http` behind a file's name.
sys.path[0] = str(ROOT)

import argparse
import json
import statistics
import tempfile
import urllib.request
from typing import Any

from benchmarks.http import free_port, measure, request_body, running, write_history

KEEPING = ("all", "none")


def compare(ports: dict[str, int], bodies: Path, options: argparse.Namespace, connections: int, rate: float) -> None:
    """Interleaved rounds; prints medians, and the median of the rounds' ratios."""
    rounds: list[dict[str, dict[str, float]]] = []
    for index in range(options.rounds):
        order = KEEPING if index % 2 else KEEPING[::-1]
        rounds.append({keeps: measure(ports[keeps], connections, options.seconds, bodies, rate) for keeps in order})
    title = f"{rate:.0f} requests/s" if rate else f"{connections} connections, no pause"
    for keeps in KEEPING:
        found = {key: statistics.median(one[keeps][key] for one in rounds) for key in ("rps", "p50_ms", "p99_ms")}
        print(
            f"{title:26} KEEP_PLANS={keeps:5} {found['rps']:6.0f}/s  "
            f"p50 {found['p50_ms']:6.2f} ms  p99 {found['p99_ms']:6.2f} ms"
        )
    ratios = {
        key: statistics.median(one["all"][key] / one["none"][key] for one in rounds)
        for key in ("rps", "p50_ms", "p99_ms")
    }
    print(
        f"{title:26} ratio all / none  " + "  ".join(f"{key} {value:.3f}" for key, value in ratios.items()), flush=True
    )


def kept(port: int) -> list[dict[str, Any]]:
    """The newest plans the server shows."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/plans?limit=1", timeout=30) as response:
        found: dict[str, Any] = json.loads(response.read())
    plans: list[dict[str, Any]] = found["plans"]
    return plans


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--services", type=int, default=200)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--database", default="sqlite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run_all(Path(name), options)


def run_all(folder: Path, options: argparse.Namespace) -> None:
    """Both servers side by side."""
    write_history(folder / "history.csv", options.services)
    bodies = folder / "bodies"
    lines = [json.dumps(request_body(f"svc-{index}", "dev")) for index in range(options.services)]
    bodies.write_text("\n".join(lines), encoding="utf-8")
    url = f"sqlite:///{folder}/kept.sqlite3" if options.database == "sqlite" else options.database
    shared = {
        "CSV_SERVICES_PATH": str(folder / "history.csv"),
        "DATABASE_URL": url,
        "PLAN_SPOOL_DIR": f"{folder}/spool",
    }
    ports = {keeps: free_port() for keeps in KEEPING}
    commands = {
        keeps: [sys.executable, "-m", "entrypoints.cli", "serve", "--port", str(ports[keeps])] for keeps in KEEPING
    }
    with (
        running(commands["all"], ports["all"], "/health/ready", KEEP_PLANS="all", **shared),
        running(commands["none"], ports["none"], "/health/ready", KEEP_PLANS="none", **shared),
    ):
        # Every forecast is made once before anything is measured.
        for port in ports.values():
            measure(port, 4, 2.0, bodies)
        compare(ports, bodies, options, 4, options.rate)
        compare(ports, bodies, options, 16, 0.0)
        print(f"newest plan kept: {kept(ports['all'])[0]['plan_id']}; spooled files: "
              f"{len(list((folder / 'spool').glob('*'))) if (folder / 'spool').is_dir() else 0}")  # fmt: skip


if __name__ == "__main__":
    main()
