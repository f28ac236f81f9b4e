"""`POST /plans` against a route of the same framework, server and handler kind that echoes a plan of the same size.

    python benchmarks/http.py [--seconds 3] [--rounds 5] [--services 200]

Prints, for 1 and 16 keep-alive connections and interleaved rounds, requests per second, p50 and p99 of both and the
ratio, once with the same service again and again (its forecast is remembered) and once with every service in turn; then
the time from start to ready, the memory of the worker and whether TensorFlow is in it. Only ratios of one run mean
anything on a shared machine. All traffic is loopback, bounded in time.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# This file's folder would hide the standard library's `http` behind the file's own name.
sys.path[0] = str(ROOT)

import argparse
import asyncio
import json
import math
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from litestar import Litestar, post
from litestar.params import RawBody

from entrypoints.http.guard import Guard
from entrypoints.http.metrics import Metrics
from entrypoints.http.server import configure_logging, serve
from entrypoints.settings import Settings
from entrypoints.wire_schema import PlanBody

START = datetime(2026, 11, 1, tzinfo=UTC)
HOURS = 336
NOW = START + timedelta(hours=HOURS - 1, minutes=30)
METRICS = {"avg_cpu": 0.3, "cpu_max": 0.4, "avg_memory": 0.5, "memory_max": 0.55}
CONNECTIONS = (1, 16)
READY_PATIENCE_SECONDS = 60.0


def request_body(service: str, env: str) -> dict[str, Any]:
    """A request; dev is answered by the baseline, prod by the LSTM."""
    context = {"context_id": "b", "timestamp": NOW.isoformat(), "service_type": "web", "runtime_env": env}
    return {"service_id": service, "metric_name": "avg_cpu", "context": context}


def write_history(path: Path, services: int) -> None:
    """Two weeks of four metrics for each service, each with a rhythm of its own."""
    with path.open("w", encoding="utf-8") as file:
        file.write("service_id,metric_name,ts,value\n")
        stamps = [f"{START + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}" for hour in range(HOURS)]
        for service in range(services):
            for metric, level in METRICS.items():
                for hour, stamp in enumerate(stamps):
                    value = level * (
                        1 + 0.3 * math.sin(2 * math.pi * (hour + service) / 24) + 0.05 * math.sin(hour * 1.7)
                    )
                    file.write(f"svc-{service},{metric},{stamp},{value:.5f}\n")


def serve_echo(port: int, plan: Path) -> None:
    """The comparison: the same server, wrapper and handler kind, answering with a plan made beforehand."""
    answer = msgspec.json.decode(plan.read_bytes(), type=PlanBody)
    settings = Settings(_env_file=None, port=port, log_level="WARNING")
    configure_logging(settings.log_level)

    @post("/plans", status_code=200, sync_to_thread=True)
    def echo(body: RawBody) -> PlanBody:
        assert body
        return answer

    app = Litestar([echo], openapi_config=None, logging_config=None)
    app.asgi_handler = Guard(
        app.asgi_handler, body_timeout_seconds=settings.body_timeout_seconds, observe=Metrics().observe_request
    )
    serve(app, settings)


async def _client(
    port: int, bodies: list[bytes], stop: float, latencies: list[float], offset: int, pause: float = 0.0
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    index = offset
    due = time.perf_counter() + pause * (offset % 7) / 7
    while time.perf_counter() < stop:
        body = bodies[index % len(bodies)]
        index += 1
        head = (
            "POST /plans HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        if pause:
            due += pause
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"unexpected answer: {answer[:200]!r}")
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        latencies.append(time.perf_counter() - began)
    writer.close()


def load(port: int, connections: int, seconds: float, bodies: list[bytes], rate: float = 0.0) -> None:
    """Run in a process of its own; prints requests per second and latencies as JSON. Rate 0: as fast as can be."""
    latencies: list[float] = []
    began = time.perf_counter()

    async def run() -> None:
        stop = began + seconds
        step = max(1, len(bodies) // connections)
        pause = connections / rate if rate else 0.0
        await asyncio.gather(
            *(_client(port, bodies, stop, latencies, index * step, pause) for index in range(connections))
        )

    asyncio.run(run())
    ordered = sorted(latencies)
    print(
        json.dumps(
            {
                "rps": len(ordered) / (time.perf_counter() - began),
                "p50_ms": 1e3 * ordered[len(ordered) // 2],
                "p99_ms": 1e3 * ordered[int(len(ordered) * 0.99)],
            }
        )
    )


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: list[str], port: int, path: str, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A server process and the seconds from its start to its first answer."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOG_LEVEL": "WARNING", **settings}
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                    break
            except urllib.error.HTTPError:
                break
            except OSError:
                if time.perf_counter() - began > READY_PATIENCE_SECONDS or process.poll() is not None:
                    raise SystemExit("the server did not start") from None
                time.sleep(0.01)
        yield process, time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def measure(port: int, connections: int, seconds: float, bodies: Path, rate: float = 0.0) -> dict[str, float]:
    """One round of load from a process of its own."""
    command = [sys.executable, __file__, "--load", str(port), str(connections), str(seconds), str(bodies), str(rate)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def children(pid: int) -> list[int]:
    """The process and its children."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(int(child) for child in listed)]


def memory_mb(pid: int, name: str) -> float:
    """A figure of /proc/PID/smaps_rollup, MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return math.nan


def compare(title: str, plans: int, echo: int, bodies: Path, options: argparse.Namespace) -> None:
    """Interleaved rounds; prints medians and the median of the rounds' ratios."""
    for connections in CONNECTIONS:
        rounds = [
            (measure(plans, connections, options.seconds, bodies), measure(echo, connections, options.seconds, bodies))
            for _ in range(options.rounds)
        ]
        ratio = statistics.median(ours["rps"] / theirs["rps"] for ours, theirs in rounds)
        for name, side in (("/plans", 0), ("echo", 1)):
            rps, p50, p99 = (
                statistics.median(pair[side][key] for pair in rounds) for key in ("rps", "p50_ms", "p99_ms")
            )
            print(f"{title:28} {connections:>2} conn  {name:7} {rps:7.0f}/s  p50 {p50:6.2f} ms  p99 {p99:6.2f} ms")
        print(f"{title:28} {connections:>2} conn  ratio   {ratio:.2f}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--services", type=int, default=200)
    parser.add_argument("--load", nargs=5, help=argparse.SUPPRESS)
    parser.add_argument("--echo", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        port, connections, seconds, file, rate = options.load
        lines = [line.encode() for line in Path(file).read_text().splitlines()]
        load(int(port), int(connections), float(seconds), lines, float(rate))
        return
    if options.echo:
        serve_echo(int(options.echo[0]), Path(options.echo[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        run_all(Path(folder), options)


def run_all(folder: Path, options: argparse.Namespace) -> None:
    """Both servers side by side."""
    history = folder / "history.csv"
    write_history(history, options.services)
    port, echo_port = free_port(), free_port()
    command = [sys.executable, "-m", "entrypoints.cli", "serve", "--port", str(port)]
    kept = {"DATABASE_URL": f"sqlite:///{folder}/kept.sqlite3", "PLAN_SPOOL_DIR": str(folder / "spool")}
    with running(command, port, "/health/ready", **kept) as (process, ready_seconds):
        worker = children(process.pid)[-1]
        maps = Path(f"/proc/{worker}/maps").read_text(encoding="utf-8", errors="replace")
        loaded = [name for name in ("tensorflow", "pandas", "pyarrow") if f"/{name}/" in maps]
        resident, shared = memory_mb(worker, "Rss"), sum(memory_mb(pid, "Pss") for pid in children(process.pid))
        print(f"sample data: ready after {ready_seconds:.2f} s; worker {resident:.0f} MB resident, both processes "
              f"{shared:.0f} MB; heavy libraries loaded: {', '.join(loaded) or 'none'}")  # fmt: skip
    with running(command, port, "/health/ready", CSV_SERVICES_PATH=str(history), **kept):
        sent = json.dumps(request_body("svc-0", "dev")).encode()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/plans", sent, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(asked, timeout=30) as response:
            (folder / "plan.json").write_bytes(response.read())
        echo = [sys.executable, __file__, "--echo", str(echo_port), str(folder / "plan.json")]
        with running(echo, echo_port, "/plans"):
            for engine, env in (("baseline", "dev"), ("lstm", "prod")):
                for kind, count in (("one service", 1), (f"{options.services} services", options.services)):
                    bodies = folder / f"{engine}-{count}"
                    lines = [json.dumps(request_body(f"svc-{index}", env)) for index in range(count)]
                    bodies.write_text("\n".join(lines), encoding="utf-8")
                    compare(f"{engine}, {kind}", port, echo_port, bodies, options)


if __name__ == "__main__":
    main()
