"""What protects every test from passing without running, and from the developer's machine."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from entrypoints.settings import Settings


async def coroutine_step() -> None:
    """Never awaited by pytest-bdd."""


def test_a_coroutine_step_is_refused(pytestconfig: pytest.Config) -> None:
    scene = dict.fromkeys(["request", "feature", "scenario", "step", "step_func_args"])
    with pytest.raises(TypeError, match="coroutine_step is a coroutine"):
        pytestconfig.hook.pytest_bdd_before_step_call(**scene, step_func=coroutine_step)


@pytest.mark.parametrize("address", [("203.0.113.1", 443), ("example.com", 443)])
def test_a_connection_to_another_machine_is_refused(address: tuple[str, int]) -> None:
    with socket.socket() as outward, pytest.raises(AssertionError, match="this machine only"):
        outward.connect(address)


def test_a_connection_to_this_machine_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
        client.connect(server.getsockname())


def test_the_developer_s_settings_are_out_of_sight() -> None:
    assert not (Path.cwd() / ".env").exists()
    # The one setting that every test has: the name under which the test client calls (tests/conftest.py).
    assert [name for name in Settings.model_fields if name.upper() in os.environ] == ["allowed_hosts"]
    assert "testserver.local" in os.environ["ALLOWED_HOSTS"]
