"""A real Prometheus of the tests' own: started on a free port over its own folder, filled, stopped.

Samples of any age go in by remote write (an out-of-order window of years is configured) or, before the start, as blocks
made with `promtool tsdb create-blocks-from openmetrics`.
"""

from __future__ import annotations

import http.client
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.servers.ports import free_port

PATIENCE_SECONDS: Final = 30.0
STALE: Final = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
_CONFIG = "storage:\n  tsdb:\n    out_of_order_time_window: 20y\n"
_LITERAL_BYTES = 65_536

Labels = Mapping[str, str]
Points = Iterable[tuple[float, float]]


def require_binaries() -> None:
    """Skip, with the reason, where Prometheus is not installed; fail where everything must run."""
    missing = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{' and '.join(missing)} must be installed where CI is set")
    if missing:
        pytest.skip(f"{' and '.join(missing)} is not installed: `make servers` installs it")


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        """What PROMETHEUS_URL would be."""
        return f"http://127.0.0.1:{self.port}"

    def write(self, series: Iterable[tuple[Labels, Points]]) -> None:
        """Store samples, (labels with ``__name__``, (epoch seconds, value)…); they can be queried at once."""
        body = _snappy(b"".join(_field(1, _series(labels, points)) for labels, points in series))
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)) as connection:
            connection.request("POST", "/api/v1/write", body, headers)
            answer = connection.getresponse()
            text = answer.read()
        assert answer.status == 204, text


@contextmanager
def running(folder: Path, *, port: int | None = None, openmetrics: str | None = None) -> Iterator[Prometheus]:
    """Start a server over an empty folder, with a history when one is given; it is stopped afterwards."""
    require_binaries()
    data, config = folder / "data", folder / "prometheus.yml"
    data.mkdir(exist_ok=True)
    config.write_text(_CONFIG, encoding="utf-8")
    if openmetrics is not None:
        backfill(folder, openmetrics)
    server = Prometheus(port or free_port())
    command = [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}", "--storage.tsdb.retention.time=20y",
        f"--web.listen-address=127.0.0.1:{server.port}", "--web.enable-remote-write-receiver", "--log.level=warn",
    ]  # fmt: skip
    with (folder / "log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        _await_ready(server.port, process, folder / "log")
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A module's private Prometheus, empty at first; skipped, or failed in CI, where it is not installed.

    Not the session's: label values are not listed for samples that lie before all that were written in order.
    """
    with running(tmp_path_factory.mktemp("prometheus")) as server:
        yield server


def backfill(folder: Path, openmetrics: str) -> None:
    """Turn an OpenMetrics text, timestamps in seconds, into blocks of a server that is not running yet."""
    source = folder / "history.om"
    source.write_text(openmetrics + "# EOF\n", encoding="utf-8")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(source), str(folder / "data")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def _await_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as connection:
                connection.request("GET", "/-/ready")
                if connection.getresponse().status == 200:
                    return
        except OSError:
            pass
        assert process.poll() is None, log.read_text(encoding="utf-8")
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(0.02)


# --- remote write: protocol buffers in snappy, the little of both that is needed ---------------------------------


def _series(labels: Labels, points: Points) -> bytes:
    named = b"".join(_field(1, _field(1, k.encode()) + _field(2, v.encode())) for k, v in sorted(labels.items()))
    samples = b"".join(_field(2, _sample(seconds, value)) for seconds, value in points)
    return named + samples


def _sample(seconds: float, value: float) -> bytes:
    return b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(round(seconds * 1000))


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _snappy(content: bytes) -> bytes:
    """The content in snappy's block format, as literals only."""
    parts = [content[at : at + _LITERAL_BYTES] for at in range(0, len(content), _LITERAL_BYTES)]
    return _varint(len(content)) + b"".join(b"\xf4" + struct.pack("<H", len(part) - 1) + part for part in parts)
