"""What holders of accounts are told by mail and header, and what stays of them after deletion."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from entrypoints.http.app import create_app
from tests.canaries import NEW_PASSWORD, PASSWORD
from tests.fakes.people import a_user, named
from tests.fakes.world import World
from tests.http.people import KEYS, Browser
from tests.http.test_account_life import enrolled
from tests.http.test_problems import problem

Client = TestClient[Litestar]


@pytest.fixture
def world() -> World:
    """Ada, who is verified."""
    world = World(settings={"auth": "required", "encryption_keys": KEYS})
    with world.accounts.transaction() as records:
        records.users.add(a_user("ada"))
    return world


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def ada(client: Client) -> Browser:
    """Ada, signed in."""
    browser = Browser(client)
    assert browser.log_in().status_code == 200
    return browser


def new_key(browser: Browser, name: str = "collector") -> str:
    """The id of a key just made."""
    made = browser.ask("POST", "/account/api-keys", {"name": name, "scopes": ["plans:read"]})
    assert made.status_code == 201, made.text
    return str(made.json()["key"]["id"])


def test_what_keys_were_called_goes_with_their_owner(ada: Browser, world: World) -> None:
    new_key(ada, "Lovelace's notebook")
    assert ada.ask("DELETE", "/account").status_code == 200
    keys = world.accounts.records.api_keys.of_user(named("ada"))
    assert [(key.name, key.revoked_at) for key in keys] == [("", world.clock.moment)]


def test_a_new_key_is_mailed_of_and_never_mailed(ada: Browser, world: World) -> None:
    key_id = new_key(ada)
    assert ada.ask("POST", f"/account/api-keys/{key_id}/rotate").status_code == 201
    told = [mail for mail in world.mail.sent if mail.subject == "A new API key"]
    assert [mail.to for mail in told] == ["ada@example.org"] * 2
    assert not any("cap_live_" in mail.text for mail in told)


def test_who_has_a_second_factor_is_told_to_send_a_code_with_a_reset(ada: Browser, world: World) -> None:
    ada.ask("POST", "/auth/forgot-password", {"login": "ada"})
    assert '"code"' not in world.mail.sent[-1].text
    enrolled(ada, world)
    ada.ask("POST", "/auth/forgot-password", {"login": "ada"})
    assert '"code"' in world.mail.sent[-1].text


def test_a_reset_that_has_to_wait_costs_no_token(client: Client, ada: Browser, world: World) -> None:
    _, codes = enrolled(ada, world)
    waiting = Browser(client)
    waiting.log_in()
    for _ in range(5):
        problem(waiting.ask("POST", "/auth/login/code", {"code": "000000"}), 401, "bad_credentials")
    stranger = Browser(client)
    stranger.ask("POST", "/auth/forgot-password", {"login": "ada"})
    reset = {"token": world.mail.token("ada@example.org"), "password": NEW_PASSWORD, "code": codes[0]}
    refused = stranger.ask("POST", "/auth/reset-password", reset)
    problem(refused, 429, "too_many_requests")
    world.clock.moment += timedelta(seconds=int(refused.headers["retry-after"]))
    assert stranger.ask("POST", "/auth/reset-password", reset).status_code == 204


def test_a_mailbox_gets_five_resets_a_day_under_whatever_name(client: Client, world: World) -> None:
    stranger = Browser(client)
    for login in ("ada", "ada@example.org", "ADA") * 3:
        assert stranger.ask("POST", "/auth/forgot-password", {"login": login}).status_code in (202, 429)
    assert len([mail for mail in world.mail.sent if mail.subject == "Set a new password"]) == 5


@pytest.mark.parametrize(
    ("public_url", "told"),
    [("https://plans.example.org", "max-age=31536000"), ("http://127.0.0.1:8000", None)],
)
def test_browsers_are_kept_on_tls_where_there_is_tls(public_url: str, told: str | None) -> None:
    world = World(settings={"auth": "required", "public_url": public_url})
    with TestClient(create_app(world.container())) as client:
        assert client.get("/health/live").headers.get("strict-transport-security") == told


def test_a_log_in_after_a_refused_reset_still_works(client: Client, ada: Browser, world: World) -> None:
    """The password is the old one until a reset was whole."""
    enrolled(ada, world)
    stranger = Browser(client)
    stranger.ask("POST", "/auth/forgot-password", {"login": "ada"})
    reset = {"token": world.mail.token("ada@example.org"), "password": NEW_PASSWORD}
    problem(stranger.ask("POST", "/auth/reset-password", reset), 422, "token_refused")
    problem(stranger.log_in(password=NEW_PASSWORD), 401, "bad_credentials")
    assert stranger.log_in(password=PASSWORD).json()["second_factor_required"] is True
