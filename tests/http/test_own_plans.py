"""People and their programs see their own plans and alerts; administrators see everybody's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from domain.identity.scopes import Role
from entrypoints.http.app import create_app
from tests.fakes.people import HERE, a_user, named
from tests.fakes.world import World, body
from tests.http.test_problems import problem
from tests.servers.github import tar_gz

Client = TestClient[Litestar]
Header = dict[str, str]


@pytest.fixture
def world() -> World:
    """Ada, Bob and Root, an administrator."""
    world = World(settings={"auth": "required"})
    world.lives("shop", "avg_cpu", 48)
    with world.accounts.transaction() as records:
        for name, role in (("ada", Role.USER), ("bob", Role.USER), ("root", Role.ADMIN)):
            records.users.add(a_user(name, role=role))
    return world


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        yield client


def key(world: World, name: str, *scopes: str) -> Header:
    """A new key of somebody's."""
    accounts = world.container().accounts()
    made = accounts.create_api_key(name, "test", scopes, 1, HERE, actor_id=None)
    return {"Authorization": f"Bearer {made.text}"}


def listed(client: Client, shown: Header) -> list[Any]:
    """Ids of the plans somebody sees."""
    return [plan["plan_id"] for plan in client.get("/plans", headers=shown).json()["plans"]]


def test_plans_are_their_makers(client: Client, world: World) -> None:
    both = ("plans:read", "plans:write")
    ada, bob = key(world, "ada", *both), key(world, "bob", *both)
    made = client.post("/plans", json=body(), headers=ada).headers["content-location"]
    client.post("/plans/hourly", json=body(), headers=bob)
    assert client.get(made, headers=ada).status_code == 200
    problem(client.get(made, headers=bob), 404, "plan_not_found")
    assert listed(client, ada) == [made.removeprefix("/plans/")]
    assert len(listed(client, bob)) == 1
    assert made.removeprefix("/plans/") not in listed(client, bob)


def test_administrators_see_all_with_keys_that_say_so(client: Client, world: World) -> None:
    made = client.post("/plans", json=body(), headers=key(world, "ada", "plans:write")).headers["content-location"]
    assert client.get(made, headers=key(world, "root", "plans:read", "admin")).status_code == 200
    problem(client.get(made, headers=key(world, "root", "plans:read")), 404, "plan_not_found")


def test_a_plan_carries_its_makers_id(client: Client, world: World) -> None:
    made = client.post("/plans/multi", json=body(metric=None) | {"metric_names": ["avg_cpu"]},
                       headers=key(world, "ada", "plans:write"))  # fmt: skip
    assert made.status_code == 200
    root = key(world, "root", "plans:read", "admin")
    [plan_id] = listed(client, root)
    assert world.kept.find(plan_id, named("ada")) is not None
    assert world.kept.find(plan_id, named("bob")) is None


def test_where_credentials_are_optional_plans_are_nobodys_and_everybodys(world: World) -> None:
    world.settings = {}
    with TestClient(create_app(world.container())) as client:
        made = client.post("/plans", json=body()).headers["content-location"]
        assert client.get(made).status_code == 200
        assert listed(client, {}) == [made.removeprefix("/plans/")]


def test_alerts_are_seen_by_those_whose_plans_they_tell_of(client: Client, world: World) -> None:
    ada = key(world, "ada", "plans:read", "plans:write", "alerts:read")
    made = client.post("/plans", json=body(weight=9.0), headers=ada).headers["content-location"]
    assert listed(client, ada) == [made.removeprefix("/plans/")]

    def told(shown: Header) -> list[Any]:
        return [alert["alert_id"] for alert in client.get("/alerts", headers=shown).json()["alerts"]]

    assert told(ada) == [made.removeprefix("/plans/")]
    assert told(key(world, "bob", "alerts:read")) == []
    assert told(key(world, "root", "alerts:read", "admin")) == [made.removeprefix("/plans/")]


def test_a_repository_uploaded_is_planned_by_its_owner_only(world: World, client: Client) -> None:
    ada = key(world, "ada", "repositories:write", "plans:write")
    files = {"archive": ("shop.tar.gz", tar_gz({"compose.yml": "services: {db: {image: postgres}}\n"}), "x/y")}
    where = client.post("/repositories", files=files, headers=ada).headers["location"]
    assert client.post(f"{where}/plans", json={}, headers=ada).status_code == 200
    problem(client.post(f"{where}/plans", json={}, headers=key(world, "bob", "plans:write")), 404, "not_found")
    root = key(world, "root", "plans:write", "admin")
    assert client.post(f"{where}/plans", json={}, headers=root).status_code == 200
