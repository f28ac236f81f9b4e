"""What every test shares: quick property tests, step functions that really run, and the shared traces if there."""

from __future__ import annotations

import inspect
import os
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from entrypoints.settings import Settings

pytest_plugins = [
    "tests.watched",
    "tests.servers.databases",
    "tests.servers.prometheus",
    "tests.bdd.history_steps",
    "tests.bdd.sharing_steps",
]

# Deadlines measure the machine, not the code; the number of examples keeps the whole suite within minutes. What a
# change must pass (CI) draws the same examples every time, so that nobody's change fails by chance.
settings.register_profile(
    "default",
    max_examples=60,
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

ROOT = Path(__file__).resolve().parents[1]


def pytest_bdd_before_step_call(step_func: Callable[..., Any]) -> None:
    """Refuse coroutine steps: pytest-bdd never awaits them, so their scenario would pass without running."""
    if inspect.iscoroutinefunction(step_func):
        raise TypeError(f"step {step_func.__name__} is a coroutine and would never run: make it a plain function")


@pytest.fixture(scope="session", autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run in an empty folder without the developer's settings and without a network beyond this machine.

    Otherwise a ``.env`` or an exported webhook of the developer would decide what is tested, and be written to.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("empty"))
        for name in Settings.model_fields:
            patch.delenv(name.upper(), raising=False)
        # What test clients call the service; without it a service on a loopback address answers to its own names only.
        patch.setenv("ALLOWED_HOSTS", "testserver.local,127.0.0.1,localhost")
        patch.setattr(socket.socket, "connect", _only_here(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _only_here(socket.socket.connect_ex))
        yield


def _only_here(connect: Callable[[socket.socket, Any], Any]) -> Callable[[socket.socket, Any], Any]:
    def connect_to_loopback(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not _is_here(address[0]):
            raise AssertionError(f"a test reached out to {address[0]}: tests talk to this machine only")
        return connect(self, address)

    return connect_to_loopback


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real traces; a test that needs them is skipped where they are not."""
    folder = Path(os.environ.get("MCP_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the shared traces are not on this machine (MCP_SHARED_DATA names their folder)")
    return folder
