"""Ports for servers of the tests' own."""

from __future__ import annotations

import socket
import subprocess
import time

import pytest


def free_port() -> int:
    """A port of this machine nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: int = 60) -> None:
    """Return when somebody listens; fail when the process ends before, or nobody does in time."""
    for _ in range(seconds * 10):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "the server has stopped"
        time.sleep(0.1)
    pytest.fail("the server does not listen")
