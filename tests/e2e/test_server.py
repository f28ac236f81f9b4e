"""The installed service as a process of its own, on a real socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.fakes.world import body

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 40


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command(*arguments: str) -> list[str]:
    """`mcp-core` of this environment."""
    return [sys.executable, "-m", "entrypoints.cli", *arguments]


def environment(**settings: str) -> dict[str, str]:
    """Nothing of the developer's own settings, and those given."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **settings}


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A running service and its port; it is ended afterwards."""
    port = free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command("serve", "--port", str(port)), cwd=folder, env=environment(**settings), text=True,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if get(port, "/health/live")[0] == 200:
                    break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline, (folder / "log").read_text()
                time.sleep(0.05)
        yield process, port
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_SECONDS)


def get(port: int, path: str) -> tuple[int, bytes]:
    """Status and body of a GET."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


def post_plan(port: int, request: dict[str, object]) -> tuple[int, dict[str, object]]:
    """Status and decoded body of a POST to /plans."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as connection:
        connection.request("POST", "/plans", json.dumps(request), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A service that gives clients one second for headers and one for the body."""
    with serving(tmp_path_factory.mktemp("impatient"), HEADER_TIMEOUT_SECONDS="1", BODY_TIMEOUT_SECONDS="1") as (
        _,
        port,
    ):
        yield port


def test_a_plan_on_the_sample_data_over_a_socket(impatient: int) -> None:
    status, plan = post_plan(impatient, body("shop-web", timestamp="2026-11-23T12:00:00Z"))
    assert status == 200
    assert list(plan)[:2] == ["prediction", "recommended_flavor"]


def test_half_sent_headers_are_cut(impatient: int) -> None:
    with socket.create_connection(("127.0.0.1", impatient), timeout=PATIENCE_SECONDS) as client:
        client.sendall(b"POST /plans HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-")
        while client.recv(4096):
            pass


def test_a_dripping_body_is_answered_408(impatient: int) -> None:
    with socket.create_connection(("127.0.0.1", impatient), timeout=PATIENCE_SECONDS) as client:
        head = b"POST /plans HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        client.sendall(head + b"Content-Length: 1000\r\n\r\n{")
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"application/problem+json" in answer


def test_stopping_cuts_no_accepted_request(tmp_path: Path) -> None:
    answered: list[int] = []
    failed: list[str] = []
    stop = threading.Event()

    def hammer(port: int) -> None:
        while not stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
            try:
                connection.connect()
            except OSError:
                return
            try:
                sent = json.dumps(body("shop-web", timestamp="2026-11-23T12:00:00Z"))
                connection.request("POST", "/plans", sent, {"Content-Type": "application/json"})
                response = connection.getresponse()
                json.loads(response.read())
                answered.append(response.status)
            except ConnectionError:
                # Refused before anything was accepted: the listener's queue is dropped when it closes.
                return
            except (http.client.HTTPException, ValueError) as error:
                failed.append(repr(error))
                return
            finally:
                connection.close()

    with serving(tmp_path) as (process, port):
        threads = [threading.Thread(target=hammer, args=(port,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
        stop.set()
        assert process.wait(PATIENCE_SECONDS) == 0
    assert failed == []
    assert answered
    assert set(answered) == {200}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"PORT": "0"}, "PORT"),
        ({"ANOMALY_Z": "high"}, "ANOMALY_Z"),
        ({"DATA_SOURCE_BACKEND": "oracle"}, "DATA_SOURCE_BACKEND"),
        ({"ROUTES_PATH": "/nowhere.toml"}, "ROUTES_PATH"),
        ({"FLAVOR_CATALOG_PATH": "/nowhere.csv"}, "FLAVOR_CATALOG_PATH"),
        ({"FLAVOR_DISCOUNTS": "aws=120"}, "FLAVOR_DISCOUNTS"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line_that_names_it(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    done = subprocess.run(
        command("serve"),
        cwd=tmp_path,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            command("serve", "--port", port), cwd=tmp_path, env=environment(), capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert port in done.stderr


def test_serving_imports_nothing_heavy(tmp_path: Path) -> None:
    script = """
import sys
from litestar.testing import TestClient
from entrypoints.container import build_container
from entrypoints.http.app import create_app
from tests.fakes.world import body
with TestClient(create_app(build_container()), base_url="http://127.0.0.1") as client:
    plan = client.post("/plans", json=body("shop-web")).json()
    assert plan["prediction"]["model_version"] == "web_normal_lstm_v1"
heavy = {"tensorflow", "keras", "pandas", "pyarrow", "sklearn", "h5py"}
print(sorted({name.partition(".")[0] for name in sys.modules} & heavy))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip().splitlines()[-1] == "[]", done.stderr
