"""A session's id is ours: one that somebody planted beforehand is worth nothing, and old ones end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from domain.identity.tokens import new_token
from entrypoints.http.app import create_app
from tests.canaries import PASSWORD
from tests.fakes.people import a_user
from tests.fakes.world import World
from tests.http.people import COOKIE, KEYS, Browser, code_of, seed_of
from tests.http.test_problems import problem

Client = TestClient[Litestar]
PLANTED = new_token(bytes(32))


@pytest.fixture
def world() -> World:
    """Ada."""
    world = World(settings={"auth": "required", "encryption_keys": KEYS})
    with world.accounts.transaction() as records:
        records.users.add(a_user("ada"))
    return world


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        yield client


def ways() -> dict[str, dict[str, str]]:
    """Five ways to bring a session's id along."""
    return {
        "cookie": {"Cookie": f"{COOKIE}={PLANTED}"},
        "secure cookie": {"Cookie": f"__Host-{COOKIE}={PLANTED}"},
        "twice": {"Cookie": f"{COOKIE}={PLANTED}; {COOKIE}={PLANTED}"},
        "header": {"X-Session": PLANTED},
        "query": {},
    }


@pytest.mark.parametrize("way", ways())
def test_a_planted_id_is_never_taken_up(client: Client, way: str) -> None:
    path = f"/auth/login?{COOKIE}={PLANTED}" if way == "query" else "/auth/login"
    answer = client.post(path, json={"login": "ada", "password": PASSWORD}, headers=ways()[way])
    assert answer.status_code == 200
    assert PLANTED not in answer.headers["set-cookie"]
    problem(client.get("/account", headers={"Cookie": f"{COOKIE}={PLANTED}"}), 401, "not_authenticated")


def test_a_cookie_that_comes_twice_is_none(client: Client) -> None:
    ada = Browser(client)
    ada.log_in()
    twice = f"{COOKIE}={ada.cookie}; {COOKIE}={PLANTED}"
    problem(ada.ask("GET", "/account", Cookie=twice), 401, "not_authenticated")


def test_every_step_gives_a_new_id_and_the_old_one_opens_nothing(client: Client, world: World) -> None:
    ada = Browser(client)
    old: list[str] = []

    def keep() -> None:
        assert ada.cookie is not None
        assert ada.cookie not in old
        old.append(ada.cookie)

    ada.log_in()
    keep()
    ada.log_in()
    keep()
    ada.ask("POST", "/auth/step-up", {"password": PASSWORD})
    keep()
    seed = seed_of(ada.ask("POST", "/account/totp").json()["otpauth_uri"])
    ada.ask("POST", "/account/totp/confirm", {"code": code_of(seed, world.clock.moment)})
    keep()
    world.clock.moment += timedelta(seconds=30)
    ada.ask("POST", "/account/password", {"password": "bicycle-harbour-violet-nickel-9"})
    keep()
    ada.log_in(password="bicycle-harbour-violet-nickel-9")
    keep()
    ada.ask("POST", "/auth/login/code", {"code": code_of(seed, world.clock.moment)})
    keep()
    ada.ask("DELETE", "/account/totp")
    assert ada.ask("GET", "/account").status_code == 200
    for cookie in old:
        problem(client.get("/account", headers={"Cookie": f"{COOKIE}={cookie}"}), 401, "not_authenticated")


@pytest.mark.parametrize("token", ["", "x", "a" * 42, "a" * 44, "a" * 42 + "é", "../../etc/passwd", "a" * 5000])
def test_what_is_no_token_is_refused_without_a_look_into_the_database(client: Client, world: World, token: str) -> None:
    before = world.accounts.transactions
    response = client.get("/account", headers={b"Cookie": f"{COOKIE}={token}".encode()})
    problem(response, 401, "not_authenticated")
    assert world.accounts.transactions == before
