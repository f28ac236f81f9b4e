"""Every route of the OpenAPI document × everybody who may knock: a route without a row here fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from domain.identity.scopes import EVERYDAY_SCOPES, Role, Scope
from domain.identity.tokens import csrf_token, digest, new_api_key, new_token
from entrypoints.http.app import create_app
from entrypoints.http.auth.documented import operations
from tests.fakes.people import a_key, a_session, a_user
from tests.fakes.world import World
from tests.http.people import COOKIE, KEYS

# What each route asks for, said a second time on purpose: the table of the service is held against this one.
OPEN, KNOWN, PERSON, FRESH = "open", "known", "person", "fresh"
EXPECTED = {
    "GET /health/live": OPEN,
    "GET /health/ready": OPEN,
    "GET /metrics": "metrics:read",
    "POST /plans": "plans:write",
    "POST /plans/multi": "plans:write",
    "POST /plans/hourly": "plans:write",
    "POST /what-if": "plans:write",
    "GET /plans": "plans:read",
    "GET /plans/{}": "plans:read",
    "POST /history": "history:write",
    "GET /alerts": "alerts:read",
    "POST /repositories": "repositories:write",
    "POST /repositories/{}/plans": "plans:write",
    "POST /auth/register": OPEN,
    "POST /auth/verify-email": OPEN,
    "POST /auth/login": OPEN,
    "POST /auth/login/code": OPEN,
    "POST /auth/forgot-password": OPEN,
    "POST /auth/reset-password": OPEN,
    "POST /auth/step-up": PERSON,
    "POST /auth/logout": PERSON,
    "POST /auth/logout-everywhere": PERSON,
    "GET /auth/sessions": PERSON,
    "DELETE /auth/sessions/{}": PERSON,
    "GET /account": PERSON,
    "PATCH /account": PERSON,
    "DELETE /account": FRESH,
    "POST /account/deactivate": FRESH,
    "POST /account/password": FRESH,
    "POST /account/totp": FRESH,
    "POST /account/totp/confirm": FRESH,
    "DELETE /account/totp": FRESH,
    "POST /account/backup-codes": FRESH,
    "GET /account/audit": PERSON,
    "GET /account/api-keys": PERSON,
    "POST /account/api-keys": FRESH,
    "POST /account/api-keys/{}/rotate": FRESH,
    "DELETE /account/api-keys/{}": PERSON,
    "GET /account/cloud-accounts": PERSON,
    "POST /account/cloud-accounts": FRESH,
    "GET /account/cloud-accounts/{}": PERSON,
    "PATCH /account/cloud-accounts/{}": FRESH,
    "DELETE /account/cloud-accounts/{}": FRESH,
    "GET /shares": PERSON,
    "POST /shares": PERSON,
    "DELETE /shares/{}": PERSON,
    "GET /admin/audit": "admin",
    "GET /admin/users": "admin",
    "POST /admin/users/{}/deactivate": "admin",
    "POST /admin/users/{}/reopen": "admin",
    "GET /schema": KNOWN,
    "GET /schema/openapi.json": KNOWN,
}
# Not in the document, as the document does not describe itself.
BESIDE = {"GET /schema", "GET /schema/openapi.json"}
REFUSALS = {"not_authenticated", "scope_missing", "step_up_required", "cross_site_refused"}


def _world() -> World:
    many = {
        "rate_key_per_minute": 1_000_000,
        "rate_anonymous_per_minute": 1_000_000,
        "rate_plans_per_minute": 1_000_000,
        "rate_analyses_per_hour": 1_000_000,
    }
    world = World(settings={"auth": "required", "registration": "open", "encryption_keys": KEYS, **many})
    world.lives("shop", "avg_cpu", 48)
    return world


def _documented() -> list[tuple[str, str]]:
    """Every operation: its row, and its address."""
    world = _world()
    # Asked for before any fixture: nothing named the hosts that are answered yet.
    world.settings |= {"auth": "optional", "allowed_hosts": ("testserver.local",)}
    with TestClient(create_app(world.container())) as client:
        document = client.get("/schema").json()
    found = [(f"{method} {path}", path) for (method, path), _ in operations(document)]
    return found + [(row, row.split()[1]) for row in sorted(BESIDE)]


DOCUMENTED = _documented()


@dataclass(frozen=True)
class Knock:
    """Somebody: how their credentials are stored, what they show, and which rules they meet."""

    store: Callable[[World, str], dict[str, str]]
    meets: Callable[[str], bool]


def _no_one(_world: World, _rule: str) -> dict[str, str]:
    return {}


def _key(
    scopes: Callable[[str], frozenset[Scope]], role: Role = Role.ADMIN, user: dict[str, Any] | None = None,
    **changes: Any,
) -> Callable[[World, str], dict[str, str]]:  # fmt: skip
    def store(world: World, rule: str) -> dict[str, str]:
        text, now = new_api_key(bytes(range(32))), world.clock.now()
        moments = {name: now + shift for name, shift in changes.items()}
        with world.accounts.transaction() as records:
            records.users.add(a_user("ada", role=role, **(user or {})))
            dates = {"created_at": now - timedelta(days=2), "expires_at": now + timedelta(days=1)} | moments
            records.api_keys.add(a_key(key_hash=digest(text), scopes=scopes(rule), last_used_at=now, **dates))
        return {"Authorization": f"Bearer {text}"}

    return store


def _session(
    role: Role, *, csrf: bool = True, user: dict[str, Any] | None = None, **changes: Any
) -> Callable[[World, str], dict[str, str]]:
    def store(world: World, _rule: str) -> dict[str, str]:
        token, now = new_token(bytes(range(32))), world.clock.now()
        moments: dict[str, Any] = {"created_at": now, "seen_at": now, "confirmed_at": now}
        moments |= {name: now + value if isinstance(value, timedelta) else value for name, value in changes.items()}
        with world.accounts.transaction() as records:
            records.users.add(a_user("ada", role=role, **(user or {})))
            records.sessions.add(a_session(token_hash=digest(token), **moments))
        shown = {"Cookie": f"{COOKIE}={token}"}
        return shown | ({"X-CSRF-Token": csrf_token(token)} if csrf else {})

    return store


def _just(rule: str) -> frozenset[Scope]:
    """The scope a route needs, alone; for routes that need none, one of no use."""
    return frozenset({Scope(rule)}) if ":" in rule or rule == "admin" else frozenset({Scope.HISTORY_READ})


def _all_but(rule: str) -> frozenset[Scope]:
    return frozenset(Scope) - _just(rule)


def _is_scope(rule: str) -> bool:
    return rule not in (OPEN, KNOWN, PERSON, FRESH)


_EVERYDAY = {scope.value for scope in EVERYDAY_SCOPES}
_OPEN_ONLY = OPEN.__eq__
HOUR = timedelta(hours=1)
KNOCKS = {
    "nobody": Knock(_no_one, _OPEN_ONLY),
    "a key for just that": Knock(_key(_just), lambda rule: rule in (OPEN, KNOWN) or _is_scope(rule)),
    "a key for all but that": Knock(_key(_all_but), lambda rule: rule in (OPEN, KNOWN)),
    "an administrator's key whose owner no longer is one": Knock(
        _key(_just, Role.USER), lambda rule: rule in (OPEN, KNOWN) or rule in _EVERYDAY
    ),
    "a revoked key": Knock(_key(_just, revoked_at=-HOUR), _OPEN_ONLY),
    "an expired key": Knock(_key(_just, expires_at=timedelta(0)), _OPEN_ONLY),
    "a key of a deactivated account": Knock(_key(_just, user={"is_active": False}), _OPEN_ONLY),
    "a fresh user": Knock(_session(Role.USER), lambda rule: not _is_scope(rule) or rule in _EVERYDAY),
    "a fresh administrator": Knock(_session(Role.ADMIN), lambda rule: True),
    "an administrator of six minutes ago": Knock(
        _session(Role.ADMIN, confirmed_at=-timedelta(minutes=6)), lambda rule: rule != FRESH
    ),
    "an idle session": Knock(_session(Role.ADMIN, seen_at=-HOUR), _OPEN_ONLY),
    "a session of yesterday": Knock(_session(Role.ADMIN, created_at=-13 * HOUR), _OPEN_ONLY),
    "a session that waits for its code": Knock(_session(Role.ADMIN, is_pending=True), _OPEN_ONLY),
    "a session of a deactivated account": Knock(_session(Role.ADMIN, user={"is_active": False}), _OPEN_ONLY),
}


@pytest.fixture(scope="module")
def world() -> World:
    return _world()


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(world.container()), raise_server_exceptions=False) as client:
        yield client


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    rows = {row for row, _ in DOCUMENTED}
    assert rows - set(EXPECTED) == set(), "say in this table and in entrypoints/http/auth/rules.py what it asks for"
    assert set(EXPECTED) - rows <= {"GET /plans", "GET /plans/{}", "POST /history", "GET /alerts"}


def ask(client: TestClient[Litestar], row: str, path: str, headers: dict[str, str]) -> Any:
    """Knock at a route, with nobody's ids in its address."""
    method = row.split(maxsplit=1)[0]
    address = path
    while "{" in address:
        address = address[: address.index("{")] + "f" * 32 + address[address.index("}") + 1 :]
    body: dict[str, str] | None = None if method in ("GET", "DELETE") else {}
    client.cookies.clear()
    return client.request(method, address, headers=headers, json=body)


@pytest.mark.parametrize("knock", KNOCKS)
@pytest.mark.parametrize(("row", "path"), DOCUMENTED, ids=[row for row, _ in DOCUMENTED])
def test_who_gets_through(client: TestClient[Litestar], world: World, row: str, path: str, knock: str) -> None:
    # Longer than keys are remembered.
    world.clock.moment += timedelta(seconds=10)
    world.accounts.records = type(world.accounts.records)()
    rule = EXPECTED[row]
    headers = KNOCKS[knock].store(world, rule)
    response = ask(client, row, path, headers)
    code = response.json().get("code") if response.headers.get("content-type") == "application/problem+json" else None
    if KNOCKS[knock].meets(rule):
        assert code not in REFUSALS, response.text
        assert response.status_code < 500 or row == "GET /health/ready", response.text
    else:
        assert code in REFUSALS, response.text
        assert response.status_code == (401 if code == "not_authenticated" else 403)


@pytest.mark.parametrize(
    ("row", "path"),
    [found for found in DOCUMENTED if EXPECTED.get(found[0]) != OPEN and not found[0].startswith("GET")],
)
def test_a_cookie_alone_changes_nothing(client: TestClient[Litestar], world: World, row: str, path: str) -> None:
    world.clock.moment += timedelta(seconds=10)
    world.accounts.records = type(world.accounts.records)()
    headers = _session(Role.ADMIN, csrf=False)(world, EXPECTED[row])
    response = ask(client, row, path, headers)
    assert (response.status_code, response.json()["code"]) == (403, "cross_site_refused")
