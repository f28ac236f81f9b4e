"""Keys, sessions and log-ins while the database of accounts hangs: soon answered, and what was known goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers
from litestar.testing import TestClient

from adapters.database.accounts.database import SqlAccountDatabase
from adapters.database.database import Database
from domain.identity.sharing import HistoryOwner
from domain.identity.tokens import new_api_key, new_token
from entrypoints.container import build_container
from entrypoints.http.app import create_app
from entrypoints.settings import Settings
from tests.canaries import PASSWORD
from tests.fakes.people import HERE, a_user, named
from tests.fakes.world import NOW, World, body
from tests.http.people import COOKIE
from tests.http.test_problems import problem
from tests.servers.databases import migrator_of, new_target
from tests.servers.fault_proxy import Fault, FaultProxy, fault_proxy
from tests.servers.mariadb import MariaDb

# Drivers wait for a second each here; the margin is for a busy machine.
NEVER_LONGER_SECONDS = 8.0
FAULTS = [Fault.HANG, Fault.REFUSE, Fault.CUT]


class Place:
    """The service, what stands before its database, and Ada's key."""

    def __init__(self, proxy: FaultProxy, client: TestClient[Any], world: World, key: str) -> None:
        self.proxy = proxy
        self.client = client
        self.world = world
        self.key = key

    def plan(self, key: str, service: str = "mine") -> Any:
        return self.soon("POST", "/plans", body(service), Authorization=f"Bearer {key}")

    def soon(self, method: str, path: str, sent: object = None, **headers: str) -> Any:
        began = time.monotonic()
        answer = self.client.request(method, path, json=sent, headers=headers)
        assert time.monotonic() - began < NEVER_LONGER_SECONDS
        return answer


@pytest.fixture
def place(request: pytest.FixtureRequest, mariadb: MariaDb, tmp_path: Path) -> Iterator[Place]:
    # Not through the proxy: statements that make tables may take longer than the service waits.
    made_ready = Database(new_target("mariadb", request, tmp_path))
    migrator_of(made_ready).upgrade()
    made_ready.close()
    world = World()
    world.lives("mine", "avg_cpu", 48)
    with fault_proxy(mariadb.port) as proxy:
        container = build_container(
            Settings(
                _env_file=None, auth="required", data_source_backend="database", keep_plans="none",
                database_url=f"mysql://{mariadb.user}@127.0.0.1:{proxy.port}/{made_ready.target.url.database}",
                database_connect_seconds=1, database_timeout_seconds=1,
            )
        )  # fmt: skip
        container.clock.override(providers.Object(world.clock))
        container.history.override(providers.Object(world.history))
        container.lstm_forecaster.override(providers.Callable(lambda: world.container().lstm_forecaster()))
        database = container.account_database()
        assert isinstance(database, SqlAccountDatabase)
        with database.transaction() as records:
            records.users.add(a_user("ada"))
            records.users.add(a_user("bob"))
            records.shares.claim(HistoryOwner(service_id="mine", owner_id=named("ada"), since=NOW))
        made = container.accounts().create_api_key("ada", "ci", ["plans:write"], 1, HERE, actor_id=None)
        with TestClient(create_app(container), raise_server_exceptions=False) as client:
            yield Place(proxy, client, world, made.text)
        proxy.heal()
        container.migrator().database.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_known_key_plans_on_and_an_unknown_one_is_told_soon(place: Place, fault: Fault) -> None:
    assert place.plan(place.key).status_code == 200
    place.proxy.fail(fault)
    for _ in range(4):
        # Longer than keys and owners are remembered.
        place.world.clock.moment += timedelta(seconds=10)
        assert place.plan(place.key).status_code == 200
        problem(place.plan(new_api_key(bytes(32))), 503, "database_unavailable")
    place.world.clock.moment += timedelta(minutes=5)
    problem(place.plan(place.key), 503, "database_unavailable")
    place.proxy.heal()
    place.world.clock.moment += timedelta(seconds=6)
    assert place.plan(place.key).status_code == 200


@pytest.mark.parametrize("fault", FAULTS)
def test_people_are_told_soon_that_it_is_away(place: Place, fault: Fault) -> None:
    place.proxy.fail(fault)
    cookie = {"Cookie": f"{COOKIE}={new_token(bytes(32))}"}
    problem(place.soon("GET", "/account", **cookie), 503, "database_unavailable")
    problem(place.soon("POST", "/auth/login", {"login": "ada", "password": PASSWORD}), 503, "database_unavailable")
    place.client.cookies.clear()
    assert place.soon("GET", "/health/live").status_code == 200


def test_many_unknown_keys_at_once_do_not_hold_a_known_one_up(place: Place) -> None:
    assert place.plan(place.key).status_code == 200
    place.proxy.fail(Fault.HANG)
    place.world.clock.moment += timedelta(seconds=10)
    # The first one finds out.
    assert place.plan(place.key).status_code == 200
    place.world.clock.moment += timedelta(seconds=4)
    with ThreadPoolExecutor(20) as pool:
        unknown = [pool.submit(place.plan, new_api_key(bytes([n] * 32))) for n in range(20)]
        known = [pool.submit(place.plan, place.key) for _ in range(4)]
        assert [answer.result().status_code for answer in known] == [200] * 4
        assert {answer.result().status_code for answer in unknown} <= {503, 429}
