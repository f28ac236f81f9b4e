"""Alerts are never in the way: `/plans` while Discord hangs for 30 s, against the same with a Discord that answers.

    python benchmarks/hanging_channel.py [--seconds 2] [--rounds 9] [--services 50] [--rate 200]

Every tenth request is an anomaly whose alert is told (ALERT_DEDUP_TTL=0). Prints requests per second, p50 and p99 of
both servers, at a steady rate and with sixteen connections that ask as fast as they are answered, and the median of the
rounds' ratios. Only ratios of one run mean anything on a shared machine. All traffic is loopback, bounded in time.
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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from benchmarks.http import free_port, measure, request_body, running, write_history

_PATH = "/api/webhooks/123456789/token"
_HANG_SECONDS = 30.0
_KEYS = ("rps", "p50_ms", "p99_ms")


@contextmanager
def receiver(hang_seconds: float) -> Iterator[tuple[int, list[float]]]:
    """A server in Discord's place, and the messages it was sent."""
    over, seen = Event(), list[float]()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            seen.append(hang_seconds)
            over.wait(hang_seconds)
            with suppress(OSError):
                self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], seen
    finally:
        over.set()
        server.shutdown()
        server.server_close()


def compare(ports: dict[str, int], bodies: Path, options: argparse.Namespace, connections: int, rate: float) -> None:
    """Interleaved rounds; prints medians, and the median of the rounds' ratios."""
    rounds: list[dict[str, dict[str, float]]] = []
    for index in range(options.rounds):
        order = sorted(ports, reverse=bool(index % 2))
        rounds.append({name: measure(ports[name], connections, options.seconds, bodies, rate) for name in order})
    title = f"{rate:.0f} requests/s" if rate else f"{connections} connections, no pause"
    for name in ports:
        rps, p50, p99 = (statistics.median(one[name][key] for one in rounds) for key in _KEYS)
        print(f"{title:26} Discord {name:8} {rps:6.0f}/s  p50 {p50:6.2f} ms  p99 {p99:6.2f} ms")
    ratios = {key: statistics.median(one["hangs"][key] / one["answers"][key] for one in rounds) for key in _KEYS}
    print(f"{title:26} ratio  " + "  ".join(f"{key} {value:.3f}" for key, value in ratios.items()), flush=True)


def anomalous(index: int) -> dict[str, Any]:
    """Every tenth request is for a load nine times as high."""
    body = request_body(f"svc-{index}", "dev")
    context = body["context"] | ({"weight": 9.0} if index % 10 == 0 else {})
    return body | {"context": context}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--services", type=int, default=50)
    parser.add_argument("--rate", type=float, default=200.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, receiver(0.0) as answers, receiver(_HANG_SECONDS) as hangs:
        run_all(Path(name), options, {"answers": answers, "hangs": hangs})


def run_all(folder: Path, options: argparse.Namespace, receivers: dict[str, tuple[int, list[float]]]) -> None:
    """Both servers side by side."""
    write_history(folder / "history.csv", options.services)
    bodies = folder / "bodies"
    bodies.write_text("\n".join(json.dumps(anomalous(index)) for index in range(options.services)), encoding="utf-8")
    ports = {name: free_port() for name in receivers}

    def serving(name: str) -> Any:
        hook = receivers[name][0]
        settings = {
            "CSV_SERVICES_PATH": str(folder / "history.csv"), "DATABASE_URL": f"sqlite:///{folder}/{name}.sqlite3",
            "PLAN_SPOOL_DIR": f"{folder}/{name}", "ALERT_DEDUP_TTL": "0", "DRAIN_SECONDS": "3",
            "DISCORD_WEBHOOK_URL": f"http://127.0.0.1:{hook}{_PATH}", "DISCORD_ALLOWED_HOSTS": f"127.0.0.1:{hook}",
        }  # fmt: skip
        command = [sys.executable, "-m", "entrypoints.cli", "serve", "--port", str(ports[name])]
        return running(command, ports[name], "/health/ready", **settings)

    with serving("answers"), serving("hangs"):
        for port in ports.values():
            measure(port, 4, 2.0, bodies)
        compare(ports, bodies, options, 4, options.rate)
        compare(ports, bodies, options, 16, 0.0)
        for name, (_port, seen) in receivers.items():
            print(f"messages to the Discord that {name}: {len(seen)}")


if __name__ == "__main__":
    main()
