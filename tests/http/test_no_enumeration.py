"""Nobody learns from an answer who has an account; how long answers take is for benchmarks/accounts.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from domain.identity import limits
from entrypoints.http.app import create_app
from entrypoints.http.auth import answers
from tests.canaries import PASSWORD
from tests.fakes.people import a_user
from tests.fakes.world import World

Client = TestClient[Litestar]
MANY = 200
KNOWN = [f"known-{number}" for number in range(MANY)]
UNKNOWN = [f"nobody-{number}" for number in range(MANY)]


@pytest.fixture
def unlimited() -> Iterator[None]:
    """No limit that would answer first; the limits are what they were afterwards."""
    found = [limits.LOGIN_ADDRESS, limits.LOGIN_GLOBAL, limits.MAIL_ADDRESS, limits.MAIL_GLOBAL]
    before = [limit.allowed for limit in found]
    for limit in found:
        object.__setattr__(limit, "allowed", 1_000_000)
    yield
    for limit, allowed in zip(found, before, strict=True):
        object.__setattr__(limit, "allowed", allowed)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, unlimited: None) -> World:
    """Two hundred accounts."""
    monkeypatch.setattr(answers, "_ALIKE_SECONDS", 0.0)
    world = World(settings={"auth": "required", "registration": "open", "rate_anonymous_per_minute": 1_000_000})
    with world.accounts.transaction() as records:
        for name in KNOWN:
            records.users.add(a_user(name))
    return world


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        yield client


def said(response: Any) -> tuple[int, str, tuple[str, ...]]:
    """Everything a client can tell one answer from another by, but for the request's id."""
    headers = tuple(f"{name}: {value}" for name, value in sorted(response.headers.items()) if name != "x-request-id")
    return response.status_code, response.text, headers


BODIES: dict[str, Callable[[str], dict[str, str]]] = {
    "/auth/login": lambda name: {"login": name, "password": "wrong"},
    "/auth/forgot-password": lambda name: {"login": f"{name}@example.org"},
    "/auth/register": lambda name: {
        "username": name[:3] + name[-3:].replace("-", "x"), "email": f"{name}@example.org", "password": PASSWORD,
    },
}  # fmt: skip


@pytest.mark.parametrize("path", BODIES)
def test_two_hundred_known_and_two_hundred_unknown_are_answered_alike(client: Client, path: str) -> None:
    answered = {said(client.post(path, json=BODIES[path](name))) for name in KNOWN + UNKNOWN}
    assert len(answered) == 1, answered


def test_each_costs_one_check_of_a_password(client: Client, world: World) -> None:
    for name in KNOWN[:20] + UNKNOWN[:20]:
        client.post("/auth/login", json={"login": name, "password": "wrong"})
    assert len(world.hasher.checked) == 40
