"""Histories belong to whoever sent them first; plans and histories are shared by their owners, and only so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from dependency_injector import providers
from litestar import Litestar
from litestar.testing import TestClient

from domain.errors import DatabaseUnavailable
from domain.identity.scopes import Role
from domain.identity.tokens import csrf_token, digest, new_token
from entrypoints.http.app import create_app
from tests.fakes.history_store import InMemoryHistoryStore
from tests.fakes.people import a_session, a_user, named
from tests.fakes.world import NOW, World, body
from tests.http.people import COOKIE
from tests.http.test_own_plans import key, listed
from tests.http.test_problems import problem
from tests.servers.github import tar_gz

Client = TestClient[Litestar]
Header = dict[str, str]
EVERYTHING = ("plans:read", "plans:write", "history:write", "repositories:write")


@pytest.fixture
def store() -> InMemoryHistoryStore:
    """Where measurements that are sent go."""
    return InMemoryHistoryStore()


@pytest.fixture
def world() -> World:
    """Ada, Bob and Carl, and Root, an administrator; a history of the operator's."""
    # The operator's own URL would open a database of his for the histories' owners.
    world = World(settings={"auth": "required", "data_source_backend": "database", "rate_plans_per_minute": 100_000})
    for service in ("mine", "operators"):
        world.lives(service, "avg_cpu", 48)
    with world.accounts.transaction() as records:
        for name, role in (("ada", Role.USER), ("bob", Role.USER), ("carl", Role.USER), ("root", Role.ADMIN)):
            records.users.add(a_user(name, role=role))
    return world


@pytest.fixture
def client(world: World, store: InMemoryHistoryStore) -> Iterator[Client]:
    container = world.container()
    container.history_store.override(providers.Object(store))
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        yield client


def session(world: World, name: str) -> Header:
    """A browser of somebody's."""
    token, now = new_token(name.encode().ljust(32)), world.clock.now()
    with world.accounts.transaction() as records:
        moments = {"created_at": now, "seen_at": now, "confirmed_at": now}
        records.sessions.add(a_session(f"of {name}", name, token_hash=digest(token), **moments))
    return {"Cookie": f"{COOKIE}={token}", "X-CSRF-Token": csrf_token(token)}


def send(client: Client, shown: Header, service: str = "mine") -> Any:
    ts = f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    sample = {"service_id": service, "metric_name": "avg_cpu", "ts": ts, "value": 0.3}
    return client.post("/history", json=[sample], headers=shown)


def ask(client: Client, shown: Header, service: str = "mine", path: str = "/plans") -> Any:
    """Plan a service by one of the ways there are."""
    asked = body(service)
    if path == "/plans/multi":
        asked = body(service, metric=None) | {"metric_names": ["avg_cpu"]}
    if path == "/what-if":
        asked |= {"changes": {"users_factor": 2.0}}
    if path == "/repositories":
        archive = tar_gz({"compose.yml": f"services: {{{service}: {{image: postgres}}}}\n"})
        where = client.post("/repositories", files={"archive": ("r.tar.gz", archive, "x/y")}, headers=shown)
        path, asked = f"{where.headers['location']}/plans", {}
    return client.post(path, json=asked, headers=shown)


def share(client: Client, shown: Header, **what: object) -> Any:
    client.cookies.clear()
    return client.post("/shares", json=what, headers=shown)


@pytest.mark.parametrize("path", ["/plans", "/plans/multi", "/plans/hourly", "/what-if", "/repositories"])
def test_a_history_is_planned_by_its_owner_and_administrators(client: Client, world: World, path: str) -> None:
    ada, bob = key(world, "ada", *EVERYTHING), key(world, "bob", *EVERYTHING)
    assert ask(client, bob, path=path).status_code == 200
    assert send(client, ada).status_code == 200
    assert ask(client, ada, path=path).status_code == 200
    told = problem(ask(client, bob, path=path), 404, "service_not_found")
    assert "'mine' is no service of yours" in told["detail"]
    assert ask(client, key(world, "root", *EVERYTHING, "admin"), path=path).status_code == 200
    assert ask(client, bob, "operators", path=path).status_code == 200


def test_a_history_is_written_by_its_owner_only(client: Client, world: World, store: InMemoryHistoryStore) -> None:
    ada, bob = key(world, "ada", "history:write"), key(world, "bob", "history:write")
    assert send(client, ada).status_code == 200
    problem(send(client, bob), 404, "service_not_found")
    assert send(client, ada).status_code == 200
    assert store.batches == 2
    [owner] = world.accounts.records.shares.owners()
    assert (owner.service_id, owner.owner_id) == ("mine", named("ada"))
    claims = [entry.event for entry in world.accounts.records.audit.rows.values()]
    assert [event.target for event in claims if event.action == "history.claimed"] == ["history:mine"]


def test_what_administrators_send_is_the_operators(client: Client, world: World, store: InMemoryHistoryStore) -> None:
    ada, collector = key(world, "ada", *EVERYTHING), key(world, "root", "history:write")
    assert send(client, collector, "fleet").status_code == 200
    problem(send(client, ada, "fleet"), 403, "operators_history")
    assert (store.batches, world.accounts.records.shares.owners()) == (1, [])
    assert ask(client, ada, "fleet").status_code == 200
    assert send(client, ada).status_code == 200
    problem(send(client, collector), 404, "service_not_found")
    assert send(client, key(world, "root", "history:write", "admin")).status_code == 200
    assert [owner.owner_id for owner in world.accounts.records.shares.owners()] == [named("ada")]


def test_one_service_of_somebody_elses_and_nothing_is_stored(
    client: Client, world: World, store: InMemoryHistoryStore
) -> None:
    ada, bob = key(world, "ada", "history:write"), key(world, "bob", "history:write")
    assert send(client, ada).status_code == 200
    ts = f"{NOW - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    both = [{"service_id": name, "metric_name": "avg_cpu", "ts": ts, "value": 1.0} for name in ("mine", "another")]
    problem(client.post("/history", json=both, headers=bob), 404, "service_not_found")
    assert store.batches == 1
    assert [owner.service_id for owner in world.accounts.records.shares.owners()] == ["mine"]


def test_a_history_is_shared_with_one_and_with_everybody(client: Client, world: World) -> None:
    ada, bob, carl = (key(world, name, *EVERYTHING) for name in ("ada", "bob", "carl"))
    send(client, ada)
    browser = session(world, "ada")
    made = share(client, browser, service_id="mine", username="bob")
    assert made.status_code == 201
    assert made.json() | {"id": "", "created_at": ""} == {
        "id": "", "plan_id": None, "service_id": "mine", "shared_by": "ada", "username": "bob", "created_at": "",
    }  # fmt: skip
    assert ask(client, bob).status_code == 200
    problem(send(client, bob), 404, "service_not_found")
    problem(ask(client, carl), 404, "service_not_found")
    everybody = share(client, browser, service_id="mine", everybody=True).json()
    assert ask(client, carl).status_code == 200
    assert client.delete(f"/shares/{everybody['id']}", headers=browser).status_code == 204
    problem(ask(client, carl), 404, "service_not_found")
    assert ask(client, bob).status_code == 200


def test_a_plan_is_shared_without_the_history_it_came_of(client: Client, world: World) -> None:
    ada = key(world, "ada", *EVERYTHING)
    send(client, ada)
    where = ask(client, ada).headers["content-location"]
    plan_id = where.removeprefix("/plans/")
    world.clock.moment = NOW + timedelta(hours=30)
    world.history.add("mine", "avg_cpu", NOW, [0.3] * 24)
    ada, bob = key(world, "ada", *EVERYTHING), key(world, "bob", *EVERYTHING)
    own = ask(client, bob, "operators").headers["content-location"].removeprefix("/plans/")
    assert client.get(where, headers=ada).json()["actual"] is not None
    problem(client.get(where, headers=bob), 404, "plan_not_found")
    made = share(client, session(world, "ada"), plan_id=plan_id, username="bob")
    assert made.json()["plan_id"] == plan_id
    shown = client.get(where, headers=bob).json()
    assert (shown["plan_id"], shown["actual"]) == (plan_id, None)
    assert listed(client, bob) == [own, plan_id]
    assert client.get("/plans?service=mine&limit=1", headers=bob).json()["plans"][0]["plan_id"] == plan_id
    problem(share(client, session(world, "bob"), plan_id=plan_id, username="carl"), 404, "plan_not_found")
    with world.accounts.transaction() as records:
        [kept] = records.shares.all()
    browser = session(world, "ada")
    assert client.delete(f"/shares/{kept.id}", headers=browser).status_code == 204
    problem(client.get(where, headers=bob), 404, "plan_not_found")
    assert listed(client, bob) == [own]


def test_nobody_shares_or_ends_what_is_not_theirs(client: Client, world: World) -> None:
    send(client, key(world, "ada", *EVERYTHING))
    ada, bob, root = (session(world, name) for name in ("ada", "bob", "root"))
    problem(share(client, bob, service_id="mine", everybody=True), 404, "service_not_found")
    problem(share(client, root, service_id="operators", everybody=True), 404, "service_not_found")
    made = share(client, ada, service_id="mine", username="bob").json()
    problem(share(client, bob, service_id="mine", username="carl"), 404, "service_not_found")
    problem(client.delete(f"/shares/{made['id']}", headers=bob), 404, "not_found")
    problem(share(client, ada, service_id="mine", username="bob"), 409, "already_exists")
    assert client.delete(f"/shares/{made['id']}", headers=root).status_code == 204
    problem(client.delete(f"/shares/{made['id']}", headers=ada), 404, "not_found")


@pytest.mark.parametrize("name", ["nobody", "bob@example.org", "closed", ""])
def test_names_that_are_no_open_account_s_are_all_the_same(client: Client, world: World, name: str) -> None:
    with world.accounts.transaction() as records:
        records.users.add(a_user("closed", is_active=False))
    send(client, key(world, "ada", *EVERYTHING))
    told = problem(share(client, session(world, "ada"), service_id="mine", username=name), 404, "not_found")
    assert told["detail"] == "there is no account of that name"


def test_names_are_not_tried_by_the_thousand(client: Client, world: World) -> None:
    send(client, key(world, "ada", *EVERYTHING))
    browser = session(world, "ada")
    for number in range(100):
        problem(share(client, browser, service_id="mine", username=f"name{number}"), 404, "not_found")
    refused = share(client, browser, service_id="mine", username="bob")
    problem(refused, 429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("what", "pointer"),
    [
        ({}, "/plan_id"),
        ({"plan_id": "p", "service_id": "mine", "everybody": True}, "/plan_id"),
        ({"service_id": "mine"}, "/username"),
        ({"service_id": "mine", "everybody": False}, "/username"),
        ({"service_id": "mine", "username": "bob", "everybody": True}, "/username"),
        ({"service_id": "m" * 129, "everybody": True}, "/service_id"),
    ],
)
def test_a_share_names_one_thing_and_one_circle(
    client: Client, world: World, what: dict[str, object], pointer: str
) -> None:
    told = problem(share(client, session(world, "ada"), **what), 422, "invalid_request")
    assert [field["pointer"] for field in told["errors"]] == [pointer]


def test_both_sides_see_a_share_and_read_of_it_in_their_trails(client: Client, world: World) -> None:
    send(client, key(world, "ada", *EVERYTHING))
    ada, bob, carl = (session(world, name) for name in ("ada", "bob", "carl"))
    made = share(client, ada, service_id="mine", username="bob").json()
    for shown, shares in ((ada, [made]), (bob, [made]), (carl, [])):
        client.cookies.clear()
        assert client.get("/shares", headers=shown).json() == {"shares": shares}
    client.delete(f"/shares/{made['id']}", headers=ada)
    for shown in (ada, bob):
        client.cookies.clear()
        told = client.get("/account/audit?action=share.", headers=shown).json()["entries"]
        assert [(entry["action"], entry["target"], entry["detail"]["with"]) for entry in told] == [
            ("share.ended", "history:mine", "bob"),
            ("share.made", "history:mine", "bob"),
        ]


def test_an_erased_account_shares_nothing_any_more(client: Client, world: World) -> None:
    bob = key(world, "bob", *EVERYTHING)
    send(client, key(world, "ada", *EVERYTHING))
    browser = session(world, "ada")
    share(client, browser, service_id="mine", everybody=True)
    assert ask(client, bob).status_code == 200
    assert client.delete("/account", headers=browser).status_code == 200
    world.clock.moment += timedelta(seconds=6)
    problem(ask(client, bob), 404, "service_not_found")


def test_a_share_ended_elsewhere_opens_nothing_after_five_seconds(client: Client, world: World) -> None:
    send(client, key(world, "ada", *EVERYTHING))
    bob = key(world, "bob", *EVERYTHING)
    made = share(client, session(world, "ada"), service_id="mine", username="bob").json()
    assert ask(client, bob).status_code == 200
    with world.accounts.transaction() as records:
        records.shares.remove(made["id"])
    world.clock.moment += timedelta(seconds=4)
    assert ask(client, bob).status_code == 200
    world.clock.moment += timedelta(seconds=2)
    problem(ask(client, bob), 404, "service_not_found")


def test_planning_asks_the_database_once_in_five_seconds(client: Client, world: World) -> None:
    bob = key(world, "bob", *EVERYTHING)
    ask(client, bob, "operators")
    before = world.accounts.transactions
    for _ in range(20):
        assert ask(client, bob, "operators").status_code == 200
    assert world.accounts.transactions == before


def test_without_the_database_owners_known_lately_still_hold(client: Client, world: World) -> None:
    ada, bob = key(world, "ada", *EVERYTHING), key(world, "bob", *EVERYTHING)
    send(client, ada)
    assert ask(client, ada).status_code == 200
    problem(ask(client, bob), 404, "service_not_found")
    world.accounts.problem = DatabaseUnavailable("gone")
    world.clock.moment += timedelta(minutes=4)
    assert ask(client, ada).status_code == 200
    problem(ask(client, bob), 404, "service_not_found")
    world.clock.moment += timedelta(minutes=2)
    problem(ask(client, ada), 503, "database_unavailable")


def test_where_history_comes_from_elsewhere_it_has_no_owners(world: World) -> None:
    with world.accounts.transaction() as records:
        records.users.add(a_user("dora"))
    world.settings["data_source_backend"] = "csv"
    with TestClient(create_app(world.container())) as client:
        bob = key(world, "bob", *EVERYTHING)
        ask(client, bob, "mine")
        before = world.accounts.transactions
        assert ask(client, bob, "mine").status_code == 200
        assert world.accounts.transactions == before


def test_where_credentials_are_optional_all_is_as_if_there_were_no_owners(
    world: World, store: InMemoryHistoryStore
) -> None:
    world.settings["auth"] = "optional"
    container = world.container()
    container.history_store.override(providers.Object(store))
    with TestClient(create_app(container)) as client:
        send(client, key(world, "ada", *EVERYTHING))
        before = world.accounts.transactions
        assert ask(client, {}).status_code == 200
        assert send(client, {}).status_code == 200
        assert send(client, {}, "new").status_code == 200
        assert world.accounts.transactions == before
    assert [owner.service_id for owner in world.accounts.records.shares.owners()] == ["mine"]
