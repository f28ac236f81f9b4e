"""Keys of programs: made, replaced and taken back, never with more than their owner may do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from dependency_injector import providers

from application.accounts.accounts import Accounts
from domain.errors import InvalidRequest, NotFound
from domain.identity.errors import AlreadyExists, NotAuthenticated
from domain.identity.keys import MAX_KEYS_PER_USER
from domain.identity.scopes import Role, Scope
from domain.identity.tokens import digest, is_api_key, new_api_key
from domain.ports.audit_log import AuditFilter
from tests.fakes.people import HERE, a_user, named
from tests.fakes.randomness import CountingRandomness
from tests.fakes.world import World


@pytest.fixture
def world() -> World:
    """Ada, a user, and Root, an administrator."""
    world = World()
    with world.accounts.transaction() as records:
        records.users.add(a_user("ada"))
        records.users.add(a_user("root", role=Role.ADMIN))
    return world


@pytest.fixture
def accounts(world: World) -> Accounts:
    """Their use cases."""
    return world.container().accounts()


def test_a_key_is_told_once_and_kept_as_a_digest(accounts: Accounts, world: World) -> None:
    made = accounts.create_api_key("ada", " ci ", ["plans:read"], None, HERE, actor_id=None)
    assert is_api_key(made.text)
    assert made.text not in repr(made)
    kept = world.accounts.records.api_keys.rows[made.key.id]
    assert (kept.name, kept.key_hash, kept.scopes) == ("ci", digest(made.text), frozenset({Scope.PLANS_READ}))
    assert kept.expires_at - kept.created_at == timedelta(days=90)
    assert made.text not in repr(world.accounts.records)
    assert kept.shown == made.text[:17]


def test_all_its_chance_comes_from_the_port(world: World) -> None:
    container, chance = world.container(), CountingRandomness()
    container.randomness.override(providers.Object(chance))
    made = container.accounts().create_api_key("ada", "ci", ["plans:read"], 1, HERE, actor_id=None)
    assert (made.text, made.key.id) == (new_api_key((1).to_bytes(32)), (2).to_bytes(16).hex())
    assert chance.asked == [32, 16]


@pytest.mark.parametrize("login", ["ada", " ADA ", "ada@example.org", named("ada")])
def test_the_owner_is_named_in_any_way(accounts: Accounts, login: str) -> None:
    assert accounts.create_api_key(login, "ci", ["plans:read"], 1, HERE, actor_id=None).key.user_id == named("ada")


@pytest.mark.parametrize(
    ("name", "scopes", "days", "pointer"),
    [
        ("", ["plans:read"], 1, "/name"), ("x" * 101, ["plans:read"], 1, "/name"), ("a\nb", ["plans:read"], 1, "/name"),
        ("ci", [], 1, "/scopes"), ("ci", ["plans:write", "all"], 1, "/scopes"), ("ci", ["admin"], 1, "/scopes"),
        ("ci", ["metrics:read"], 1, "/scopes"), ("ci", ["plans:read"], 0, "/expires_in_days"),
        ("ci", ["plans:read"], 366, "/expires_in_days"),
    ],
)  # fmt: skip
def test_what_a_key_cannot_be(accounts: Accounts, name: str, scopes: list[str], days: int, pointer: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        accounts.create_api_key("ada", name, scopes, days, HERE, actor_id=None)
    assert caught.value.fields[0].pointer == pointer


def test_an_administrators_key_may_do_everything_until_the_role_is_taken_away(accounts: Accounts, world: World) -> None:
    made = accounts.create_api_key("root", "all", [scope.value for scope in Scope], 1, HERE, actor_id=None)
    assert accounts.authenticate_key(made.text).scopes == frozenset(Scope)
    with world.accounts.transaction() as records:
        records.users.save(a_user("root"))
    world.clock.moment += timedelta(seconds=6)
    left = accounts.authenticate_key(made.text).scopes
    assert Scope.ADMIN not in left
    assert Scope.PLANS_WRITE in left


def test_nobody_and_closed_accounts_get_no_key(accounts: Accounts, world: World) -> None:
    with world.accounts.transaction() as records:
        records.users.save(a_user("ada", is_active=False))
    for login in ("ada", named("ada"), "nobody"):
        with pytest.raises(NotFound):
            accounts.create_api_key(login, "ci", ["plans:read"], 1, HERE, actor_id=None)


def test_an_account_has_a_limited_number_of_living_keys(accounts: Accounts) -> None:
    made = [
        accounts.create_api_key("ada", f"{n}", ["plans:read"], 1, HERE, actor_id=None) for n in range(MAX_KEYS_PER_USER)
    ]
    with pytest.raises(AlreadyExists):
        accounts.create_api_key("ada", "more", ["plans:read"], 1, HERE, actor_id=None)
    accounts.revoke_api_key(named("ada"), made[0].key.id, HERE, actor_id=None)
    accounts.create_api_key("ada", "more", ["plans:read"], 1, HERE, actor_id=None)


def test_after_a_rotation_both_keys_count_for_a_day(accounts: Accounts, world: World) -> None:
    old = accounts.create_api_key("ada", "ci", ["plans:read"], 30, HERE, actor_id=None)
    new = accounts.rotate_api_key(named("ada"), old.key.id, HERE, actor_id=None)
    assert (new.key.name, new.key.scopes, new.key.replaces) == ("ci", old.key.scopes, old.key.id)
    assert new.key.expires_at - new.key.created_at == timedelta(days=30)
    world.clock.moment += timedelta(hours=24, microseconds=-1)
    assert accounts.authenticate_key(old.text).user_id == accounts.authenticate_key(new.text).user_id == named("ada")
    world.clock.moment += timedelta(microseconds=1)
    with pytest.raises(NotAuthenticated):
        accounts.authenticate_key(old.text)
    assert accounts.authenticate_key(new.text).user_id == named("ada")


def test_of_fifty_rotations_at_once_one_wins(accounts: Accounts) -> None:
    old = accounts.create_api_key("ada", "ci", ["plans:read"], 30, HERE, actor_id=None)

    def rotate(_: int) -> bool:
        try:
            accounts.rotate_api_key(named("ada"), old.key.id, HERE, actor_id=None)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(rotate, range(50))) == 1


def test_keys_of_others_cannot_be_touched(accounts: Accounts) -> None:
    made = accounts.create_api_key("ada", "ci", ["plans:read"], 30, HERE, actor_id=None)
    for deed in (accounts.rotate_api_key, accounts.revoke_api_key):
        with pytest.raises(NotFound):
            deed(named("root"), made.key.id, HERE, actor_id=None)
    assert accounts.authenticate_key(made.text).user_id == named("ada")


def test_a_key_taken_back_stays_so(accounts: Accounts) -> None:
    made = accounts.create_api_key("ada", "ci", ["plans:read"], 30, HERE, actor_id=None)
    accounts.revoke_api_key(named("ada"), made.key.id, HERE, actor_id=None)
    with pytest.raises(NotAuthenticated):
        accounts.authenticate_key(made.text)
    with pytest.raises(NotFound):
        accounts.rotate_api_key(named("ada"), made.key.id, HERE, actor_id=None)


def test_every_deed_is_in_the_audit_trail_without_the_key(accounts: Accounts, world: World) -> None:
    made = accounts.create_api_key("ada", "ci", ["plans:read"], 30, HERE, actor_id=None)
    new = accounts.rotate_api_key(named("ada"), made.key.id, HERE, actor_id=named("ada"))
    accounts.revoke_api_key(named("ada"), new.key.id, HERE, actor_id=named("root"))
    entries = world.accounts.records.audit.page(AuditFilter(user_id=named("ada")), 9)
    assert [entry.event.action for entry in entries] == ["api_key.revoked", "api_key.rotated", "api_key.created"]
    assert [entry.event.actor_id for entry in entries] == [named("root"), named("ada"), None]
    assert entries[2].event.detail == {"name": "ci", "scopes": "plans:read"}
    assert made.text not in repr(entries)
    assert accounts.verify_audit().fault == ""


def test_the_last_use_is_noted_at_most_once_a_minute(accounts: Accounts, world: World) -> None:
    made = accounts.create_api_key("ada", "ci", ["plans:read"], 30, HERE, actor_id=None)
    began = world.clock.moment
    noted = []
    for _ in range(13):
        accounts.authenticate_key(made.text)
        noted.append(world.accounts.records.api_keys.rows[made.key.id].last_used_at)
        world.clock.moment += timedelta(seconds=10)
    assert set(noted) == {began, began + timedelta(minutes=1), began + timedelta(minutes=2)}
