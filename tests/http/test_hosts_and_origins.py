"""Which Host headers are answered, and which pages may send requests."""

from __future__ import annotations

from typing import Any

import pytest
from litestar.testing import TestClient

from entrypoints.http.app import create_app
from entrypoints.http.auth.hosts import HostCheck
from tests.fakes.world import World, body
from tests.http.test_problems import problem


async def _nothing(*_: Any) -> None:
    return None


@pytest.fixture
def world() -> World:
    """One service on a loopback address."""
    world = World(settings={"allowed_hosts": ("plans.example.org", "*.internal.example")})
    world.lives("shop", "avg_cpu", 48)
    return world


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("plans.example.org", True), ("PLANS.example.ORG", True), ("plans.example.org:8000", True),
        ("plans.example.org.", True), ("a.internal.example", True), ("a.b.internal.example:1", True),
        ("internal.example", False), ("xinternal.example", False), ("evil.example", False), ("", False),
        ("plans.example.org:", False), ("plans.example.org:8000:1", False), ("plans.example.org evil", False),
        ("plans.example.org,evil.example", False), ("user@plans.example.org", False), ("plans.example.org/x", False),
        ("plans.example.org\x00", False), ("127.0.0.1", False), ("[::1]:80", False), ("рlans.example.org", False),
    ],
)  # fmt: skip
def test_host_forms(host: str, answered: bool) -> None:
    check = HostCheck(_nothing, ("plans.example.org", "*.internal.example"))
    assert check.allows(host) is answered


def test_another_host_gets_a_problem(world: World) -> None:
    with TestClient(create_app(world.container()), base_url="http://evil.example") as client:
        response = client.post("/plans", json=body())
        problem(response, 400, "host_not_allowed")
        assert "x-request-id" in response.headers
    with TestClient(create_app(world.container()), base_url="http://plans.example.org:8080") as client:
        assert client.post("/plans", json=body()).status_code == 200


def test_on_a_loopback_address_only_its_own_names_are_answered() -> None:
    world = World(settings={"allowed_hosts": ()})
    hosts = {"localhost:8000": 200, "127.0.0.1": 200, "[::1]:9": 200, "rebound.example": 400}
    with TestClient(create_app(world.container())) as client:
        for host, status in hosts.items():
            assert client.get("/health/live", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://plans.example.org"}, 200),
        ({"Origin": "https://plans.example.org"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "https://pages.example"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://plans.example.org.evil.example"}, 403),
        ({"Origin": "http://plans.example.org:81"}, 403),
        ({"Origin": "https://pages.example:444"}, 403),
        ({"Origin": "https://pages.example/"}, 403),
        ({"Origin": "HTTPS://pages.example"}, 403),
        ({"Origin": "ftp://plans.example.org"}, 403),
        ({"Origin": "http://127.0.0.1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "nonsense"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
def test_a_page_of_another_site_cannot_plan(world: World, headers: dict[str, str], status: int) -> None:
    world.settings |= {"cors_origins": ("https://pages.example",)}
    with TestClient(create_app(world.container()), base_url="http://plans.example.org") as client:
        response = client.post("/plans", json=body(), headers=headers)
        assert response.status_code == status, response.text
        if status == 403:
            problem(response, 403, "cross_site_refused")


def test_pages_are_let_in_by_name_and_never_with_cookies(world: World) -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    origin = {"Origin": "https://pages.example"}
    with TestClient(create_app(world.container()), base_url="http://plans.example.org") as client:
        silent = client.options("/plans", headers=origin | preflight)
        assert not [name for name in silent.headers if name.startswith("access-control")]
    world.settings |= {"cors_origins": ("https://pages.example",)}
    with TestClient(create_app(world.container()), base_url="http://plans.example.org") as client:
        allowed = client.options("/plans", headers=origin | preflight)
        assert allowed.headers["access-control-allow-origin"] == "https://pages.example"
        assert "access-control-allow-credentials" not in allowed.headers
        refused = client.options("/plans", headers={"Origin": "https://evil.example"} | preflight)
        assert "access-control-allow-origin" not in refused.headers
