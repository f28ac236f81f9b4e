"""Who may plan: anybody on a loopback address, elsewhere those with a key that is good for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from domain.errors import ConfigurationError, DatabaseUnavailable
from domain.identity.scopes import Scope
from domain.identity.tokens import digest, new_api_key
from entrypoints.http.app import create_app
from entrypoints.http.auth.callers import client_address
from entrypoints.http.auth.credentials import shown_by
from entrypoints.settings import Settings
from tests.fakes.people import a_key, a_user, named
from tests.fakes.world import World, body
from tests.http.test_problems import problem

Client = TestClient[Litestar]
KEY = new_api_key(bytes(range(32)))


@pytest.fixture
def world() -> World:
    """One service; Ada has a key for planning that was just made."""
    world = World(settings={"auth": "required"})
    world.lives("shop", "avg_cpu", 48)
    with world.accounts.transaction() as records:
        records.users.add(a_user("ada"))
        now = world.clock.now()
        records.api_keys.add(
            a_key(
                key_hash=digest(KEY),
                scopes=frozenset({Scope.PLANS_WRITE}),
                created_at=now,
                expires_at=now + timedelta(days=1),
                last_used_at=now,
            )
        )
    return world


@contextmanager
def serving(world: World) -> Iterator[Client]:
    """A client of a service over a world."""
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        yield client


def bearer(key: str = KEY) -> dict[str, str]:
    """The header that shows a key."""
    return {"Authorization": f"Bearer {key}"}


def plan(client: Client, **headers: str) -> Any:
    """Ask for a plan."""
    return client.post("/plans", json=body(), headers=headers)


def test_nobody_plans_without_a_key_where_keys_are_required(world: World) -> None:
    with serving(world) as client:
        response = plan(client)
    problem(response, 401, "not_authenticated")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_key_opens_what_it_is_for_and_nothing_else(world: World) -> None:
    with serving(world) as client:
        assert plan(client, **bearer()).status_code == 200
        found = problem(client.get("/metrics", headers=bearer()), 403, "scope_missing")
    assert "metrics:read" in found["detail"]


@pytest.mark.parametrize(
    "shown",
    ["", "Bearer", "Bearer ", f"Basic {KEY}", KEY, f"Bearer {KEY[:-1]}", f"Bearer {KEY}0", "Bearer ключ", "Bearer \t"],
)
def test_what_is_no_key_is_refused_without_a_look_into_the_database(world: World, shown: str) -> None:
    with serving(world) as client:
        before = world.accounts.transactions
        problem(
            client.post("/plans", json=body(), headers={b"Authorization": shown.encode()}), 401, "not_authenticated"
        )
        assert world.accounts.transactions == before


def test_the_scheme_is_read_in_any_case(world: World) -> None:
    with serving(world) as client:
        assert plan(client, Authorization=f"bEARER  {KEY}").status_code == 200


def test_an_unknown_key_is_refused_like_a_malformed_one(world: World) -> None:
    with serving(world) as client:
        problem(plan(client, **bearer(new_api_key(bytes(32)))), 401, "not_authenticated")


def test_a_hot_key_costs_no_database_and_a_revoked_one_is_noticed_within_five_seconds(world: World) -> None:
    with serving(world) as client:
        plan(client, **bearer())
        before = world.accounts.transactions
        assert plan(client, **bearer()).status_code == 200
        assert world.accounts.transactions == before
        with world.accounts.transaction() as records:
            records.api_keys.revoke(named("ada"), named("k1"), world.clock.now())
        world.clock.moment += timedelta(seconds=4.9)
        assert plan(client, **bearer()).status_code == 200
        world.clock.moment += timedelta(seconds=0.2)
        problem(plan(client, **bearer()), 401, "not_authenticated")


def test_an_expired_key_is_refused_at_once(world: World) -> None:
    with serving(world) as client:
        world.clock.moment += timedelta(days=1, seconds=-1)
        assert plan(client, **bearer()).status_code == 200
        world.clock.moment += timedelta(seconds=1)
        problem(plan(client, **bearer()), 401, "not_authenticated")


def test_a_clock_set_back_does_not_stretch_the_memory(world: World) -> None:
    with serving(world) as client:
        plan(client, **bearer())
        with world.accounts.transaction() as records:
            records.api_keys.revoke(named("ada"), named("k1"), world.clock.now() - timedelta(hours=2))
        world.clock.moment -= timedelta(hours=1)
        problem(plan(client, **bearer()), 401, "not_authenticated")


@pytest.mark.parametrize("change", [{"is_active": False}, {"deleted_at": World().clock.now()}])
def test_keys_of_a_closed_account_open_nothing(world: World, change: dict[str, Any]) -> None:
    with world.accounts.transaction() as records:
        records.users.save(a_user("ada", **change))
    with serving(world) as client:
        problem(plan(client, **bearer()), 401, "not_authenticated")


def test_planning_goes_on_for_known_keys_while_the_database_is_away(world: World) -> None:
    with serving(world) as client:
        plan(client, **bearer())
        world.accounts.problem = DatabaseUnavailable("away")
        for _ in range(5):
            world.clock.moment += timedelta(seconds=55)
            assert plan(client, **bearer()).status_code == 200
        world.clock.moment += timedelta(seconds=55)
        problem(plan(client, **bearer()), 503, "database_unavailable")
        problem(plan(client, **bearer(new_api_key(bytes(32)))), 503, "database_unavailable")
        world.accounts.problem = None
        # Asked again after a pause of five seconds.
        problem(plan(client, **bearer()), 503, "database_unavailable")
        world.clock.moment += timedelta(seconds=6)
        assert plan(client, **bearer()).status_code == 200


def test_on_a_loopback_address_anybody_plans_and_no_database_is_asked(world: World) -> None:
    world.settings = {}
    world.accounts.problem = AssertionError("the database was asked")
    with serving(world) as client:
        assert plan(client).status_code == 200
        assert client.get("/metrics").status_code == 200
        assert client.get("/schema").status_code == 200


def test_a_wrong_key_is_refused_even_where_none_is_needed(world: World) -> None:
    world.settings = {}
    with serving(world) as client:
        problem(plan(client, **bearer(new_api_key(bytes(32)))), 401, "not_authenticated")


def test_a_route_without_a_rule_is_for_admins_only(world: World) -> None:
    from litestar import get

    @get("/brand-new", sync_to_thread=False)
    def brand_new() -> None:
        """Nobody wrote a rule for it."""

    world.settings = {}
    app = create_app(world.container())
    app.register(brand_new)
    with TestClient(app) as client:
        problem(client.get("/brand-new"), 401, "not_authenticated")


def test_metrics_and_schema_are_shown_to_anybody_only_when_asked(world: World) -> None:
    with serving(world) as client:
        for path in ("/metrics", "/schema", "/schema/openapi.json"):
            problem(client.get(path), 401, "not_authenticated")
        assert client.get("/schema", headers=bearer()).status_code == 200
        assert client.get("/health/ready").status_code == 200
        assert client.get("/health/live").status_code == 200
    world.settings |= {"public_routes": ("metrics", "schema")}
    with serving(world) as client:
        assert [client.get(path).status_code for path in ("/metrics", "/schema")] == [200, 200]


@pytest.mark.parametrize(
    ("named_settings", "required"),
    [
        ({}, False),
        ({"host": "::1"}, False),
        ({"host": "127.8.9.1"}, False),
        ({"host": "localhost"}, False),
        ({"host": "0.0.0.0"}, True),  # noqa: S104
        ({"host": "::"}, True),
        ({"host": "192.0.2.1"}, True),
        ({"host": "build-7"}, True),
        ({"auth": "required"}, True),
        ({"public_url": "https://plans.example.org"}, True),
        ({"public_url": "http://localhost:8000"}, False),
    ],
)
def test_where_others_reach_the_service_credentials_are_required(
    named_settings: dict[str, Any], required: bool
) -> None:
    settings = Settings(_env_file=None, **named_settings)
    assert settings.requires_authentication(settings.host) is required


@pytest.mark.parametrize("where", [{"host": "::"}, {"public_url": "https://plans.example.org"}])
def test_optional_stops_the_start_where_others_reach_the_service(where: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="setting AUTH"):
        create_app(World(settings={"auth": "optional", **where}).container())


def test_requests_beyond_the_rate_are_told_when_to_come_back(world: World) -> None:
    world.settings |= {"rate_key_per_minute": 3, "rate_anonymous_per_minute": 2}
    with serving(world) as client:
        assert [plan(client, **bearer()).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert [plan(client).status_code for _ in range(3)] == [401, 401, 429]
        response = plan(client, **bearer())
        problem(response, 429, "too_many_requests")
        # The clock stands at 30 seconds past the minute.
        assert response.headers["retry-after"] == "30"
        assert client.get("/health/ready").status_code == 200
        world.clock.moment += timedelta(seconds=30)
        assert plan(client, **bearer()).status_code == 200


def another_key(world: World, *scopes: Scope) -> str:
    """A second key of Ada's."""
    text, now = new_api_key(bytes(32)), world.clock.now()
    with world.accounts.transaction() as records:
        records.api_keys.add(
            a_key(
                "k2", key_hash=digest(text), scopes=frozenset(scopes), created_at=now,
                expires_at=now + timedelta(days=1), last_used_at=now,
            )
        )  # fmt: skip
    return text


def test_plans_have_a_rate_of_their_own_which_another_key_does_not_stretch(world: World) -> None:
    world.settings |= {"rate_plans_per_minute": 3}
    other = another_key(world, Scope.PLANS_WRITE, Scope.PLANS_READ)
    with serving(world) as client:
        asked = body() | {"changes": {"users_factor": 2.0}}
        assert client.post("/what-if", json=asked, headers=bearer()).status_code == 200
        assert [plan(client, **shown).status_code for shown in (bearer(), bearer(other), bearer())] == [200, 200, 429]
        refused = plan(client, **bearer(other))
        problem(refused, 429, "too_many_requests")
        assert refused.headers["retry-after"] == "30"
        assert client.get("/plans", headers=bearer(other)).status_code == 200
        world.clock.moment += timedelta(seconds=30)
        assert plan(client, **bearer()).status_code == 200


def test_repositories_are_analysed_ten_times_an_hour(world: World) -> None:
    text = another_key(world, Scope.REPOSITORIES_WRITE)
    with serving(world) as client:

        def upload() -> Any:
            return client.post(
                "/repositories", files={"archive": ("a.zip", b"no archive", "x/y")}, headers=bearer(text)
            )

        assert [upload().status_code for _ in range(10)] == [422] * 10
        refused = upload()
        problem(refused, 429, "too_many_requests")
        assert int(refused.headers["retry-after"]) == 3600 - world.clock.now().timestamp() % 3600


def test_who_may_not_plan_uses_up_nobody_s_plans(world: World) -> None:
    world.settings |= {"rate_plans_per_minute": 1}
    text = another_key(world, Scope.PLANS_READ)
    with serving(world) as client:
        assert plan(client, **bearer(text)).status_code == 403
        assert plan(client, **bearer()).status_code == 200


def test_wrong_keys_count_against_the_address_that_shows_them(world: World) -> None:
    world.settings |= {"rate_anonymous_per_minute": 2}
    wrong = bearer(new_api_key(bytes(32)))
    with serving(world) as client:
        assert [plan(client, **wrong).status_code for _ in range(3)] == [401, 401, 429]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.1", "203.0.113.5", "198.51.100.1"),
        ("192.0.2.1", "203.0.113.5", "203.0.113.5"),
        ("192.0.2.1", "1.2.3.4, 203.0.113.6", "203.0.113.6"),
        ("192.0.2.1", "203.0.113.6, 192.0.2.2", "203.0.113.6"),
        ("192.0.2.1", "192.0.2.2", "192.0.2.1"),
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "evil\r\nx", "unknown"),
        ("192.0.2.1", "[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_the_address_counted_is_the_last_one_a_trusted_proxy_vouches_for(
    peer: str, forwarded: str, address: str
) -> None:
    scope: Any = {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    trusted = frozenset({"192.0.2.1", "192.0.2.2"})
    assert client_address(scope, shown_by(scope), trusted) == address
