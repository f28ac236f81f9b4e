"""The application over a small world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from entrypoints.http.app import create_app
from entrypoints.http.auth import upkeep
from tests.fakes.world import World


@pytest.fixture
def world() -> World:
    """Two services with two weeks of CPU, memory and requests, in different places."""
    world = World()
    for service, level in (("shop", 0.3), ("quiet", 0.05)):
        world.lives(service, "avg_cpu", 336, level=level, swing=level / 3)
        world.lives(service, "cpu_max", 336, level=level * 1.3, swing=level / 3)
        world.lives(service, "avg_memory", 336, level=level, swing=0.01)
        world.lives(service, "requests", 336, level=level * 10_000, swing=level * 3_000)
    return world


@pytest.fixture
def client(world: World) -> Iterator[TestClient[Litestar]]:
    """A client of the application; errors of the application come back as responses, as they would over a socket."""
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(autouse=True)
def _no_second_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a service does once a second would be counted with what requests do; `test_upkeep.py` does it by hand."""
    monkeypatch.setattr(upkeep, "_EXCHANGE_SECONDS", 3600.0)
