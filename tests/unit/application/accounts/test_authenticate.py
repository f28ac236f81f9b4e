"""Whose a cookie or a key is, and for how long that is remembered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.accounts import authenticate
from domain.errors import DatabaseUnavailable, Unavailable
from domain.identity.errors import NotAuthenticated
from domain.identity.principal import Principal, Via
from domain.identity.scopes import EVERYDAY_SCOPES, Role, Scope
from domain.identity.tokens import new_token
from tests.canaries import PASSWORD
from tests.fakes.people import HERE, a_user
from tests.unit.application.accounts.office import ADA, ROOT, Office

MICRO = timedelta(microseconds=1)


@pytest.fixture
def cookie(office: Office) -> str:
    """Ada's."""
    return office.accounts.log_in("ada", PASSWORD, HERE).token


@pytest.fixture
def key(office: Office) -> str:
    """A key of Ada's to read plans with."""
    return office.accounts.create_api_key("ada", "ci", ["plans:read"], 90, HERE, actor_id=ADA).text


def test_a_cookie_tells_who_it_is(office: Office, cookie: str) -> None:
    principal, session = office.accounts.authenticate_session(cookie)
    assert principal == Principal(
        user_id=ADA, role=Role.USER, scopes=EVERYDAY_SCOPES, via=Via.SESSION, credential_id=session.id, is_fresh=True
    )
    assert session == office.records.sessions.rows[session.id]
    office.later(minutes=5)
    assert not office.accounts.authenticate_session(cookie)[0].is_fresh


def test_activity_is_noted_once_a_minute(office: Office, cookie: str) -> None:
    _, session = office.accounts.authenticate_session(cookie)
    for seconds, noted in ((59, False), (1, True)):
        office.later(seconds=seconds)
        office.accounts.authenticate_session(cookie)
        seen = office.records.sessions.rows[session.id].seen_at
        assert seen == (office.world.clock.moment if noted else session.seen_at)


@pytest.mark.parametrize("change", [{"is_active": False}, {"deleted_at": HERE}])
def test_a_cookie_of_a_closed_account_is_nobodys(office: Office, cookie: str, change: dict[str, object]) -> None:
    office.change(a_user("ada", **change))
    with pytest.raises(NotAuthenticated):
        office.accounts.authenticate_session(cookie)


@pytest.mark.parametrize("text", ["", "short", new_token(bytes(32))])
def test_what_is_no_cookie_of_ours(office: Office, text: str) -> None:
    asked = office.world.accounts.transactions
    with pytest.raises(NotAuthenticated):
        office.accounts.authenticate_session(text)
    assert office.world.accounts.transactions - asked == (1 if len(text) == 43 else 0)


@pytest.mark.parametrize("text", ["", "cap_live_", "cap_live_" + "A" * 49])
def test_what_cannot_be_a_key_costs_no_look_into_the_database(office: Office, text: str) -> None:
    asked = office.world.accounts.transactions
    with pytest.raises(NotAuthenticated):
        office.accounts.authenticate_key(text)
    assert office.world.accounts.transactions == asked


def test_a_session_that_waits_for_its_code_opens_nothing(office: Office) -> None:
    office.second_factor()
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    with pytest.raises(NotAuthenticated):
        office.accounts.authenticate_session(pending.token)


def test_a_session_that_ended_opens_nothing(office: Office, cookie: str) -> None:
    office.later(minutes=30)
    with pytest.raises(NotAuthenticated):
        office.accounts.authenticate_session(cookie)


def test_a_key_tells_who_it_is(office: Office, key: str) -> None:
    [kept] = office.records.api_keys.rows.values()
    assert office.accounts.authenticate_key(key) == Principal(
        user_id=ADA, role=Role.USER, scopes=frozenset({Scope.PLANS_READ}), via=Via.API_KEY, credential_id=kept.id
    )


def test_a_key_is_looked_up_once_in_five_seconds(office: Office, key: str) -> None:
    def lookups(seconds: float) -> int:
        office.later(seconds=seconds)
        before = office.world.accounts.transactions
        office.accounts.authenticate_key(key)
        return office.world.accounts.transactions - before

    # The first one writes that the key was used, and so does the first after a minute.
    assert [lookups(seconds) for seconds in (0, 4.999, 0.001, 49, 6)] == [2, 0, 1, 1, 2]
    [kept] = office.records.api_keys.rows.values()
    assert kept.last_used_at == office.world.clock.moment


def test_a_remembered_key_that_expires_is_refused_at_once(office: Office) -> None:
    made = office.accounts.create_api_key("ada", "ci", ["plans:read"], 1, HERE, actor_id=None)
    office.later(days=1, seconds=-2)
    office.accounts.authenticate_key(made.text)
    office.later(seconds=2, microseconds=-1)
    assert office.accounts.authenticate_key.remembered(made.text) is not None
    office.later(microseconds=1)
    assert office.accounts.authenticate_key.remembered(made.text) is None
    with pytest.raises(NotAuthenticated):
        office.accounts.authenticate_key(made.text)


def test_memory_does_not_outlast_a_clock_set_back(office: Office, key: str) -> None:
    office.accounts.authenticate_key(key)
    office.later(seconds=-1)
    assert office.accounts.authenticate_key.remembered(key) is None


def test_without_its_database_a_known_key_counts_for_five_minutes(office: Office, key: str) -> None:
    office.accounts.authenticate_key(key)
    office.world.accounts.problem = DatabaseUnavailable("it is away")
    office.later(minutes=5, microseconds=-1)
    assert office.accounts.authenticate_key(key).user_id == ADA
    # Once trusted it is remembered for five seconds like any other.
    assert office.accounts.authenticate_key.remembered(key) is not None
    office.later(seconds=5)
    with pytest.raises(Unavailable):
        office.accounts.authenticate_key(key)


def test_without_its_database_no_expired_key_counts(office: Office) -> None:
    made = office.accounts.create_api_key("ada", "ci", ["plans:read"], 1, HERE, actor_id=None)
    office.later(days=1, seconds=-10)
    office.accounts.authenticate_key(made.text)
    office.world.accounts.problem = DatabaseUnavailable("it is away")
    office.later(seconds=10)
    with pytest.raises(Unavailable):
        office.accounts.authenticate_key(made.text)


def test_found_at_this_very_moment_counts_as_known(office: Office, key: str) -> None:
    office.accounts.authenticate_key(key)
    office.world.accounts.problem = DatabaseUnavailable("it is away")
    office.later(seconds=-1)
    with pytest.raises(Unavailable):
        office.accounts.authenticate_key(key)
    office.later(seconds=1)
    assert office.accounts.authenticate_key(key).user_id == ADA


def test_a_key_taken_back_is_not_trusted_when_the_database_goes_next(office: Office, key: str) -> None:
    office.accounts.authenticate_key(key)
    [kept] = office.records.api_keys.rows.values()
    office.accounts.revoke_api_key(ADA, kept.id, HERE, actor_id=ADA)
    office.later(seconds=5)
    with pytest.raises(NotAuthenticated):
        office.accounts.authenticate_key(key)
    office.world.accounts.problem = DatabaseUnavailable("it is away")
    with pytest.raises(Unavailable):
        office.accounts.authenticate_key(key)


def test_of_too_many_keys_those_used_longest_ago_are_forgotten(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticate, "_MAX_REMEMBERED", 2)
    keys = [office.accounts.create_api_key("ada", "ci", ["plans:read"], 1, HERE, actor_id=None).text for _ in range(3)]
    for text in (keys[0], keys[1]):
        office.accounts.authenticate_key(text)
    office.later(seconds=5)
    office.accounts.authenticate_key(keys[0])
    office.accounts.authenticate_key(keys[2])
    known = [office.accounts.authenticate_key.remembered(text) is not None for text in keys]
    assert known == [True, False, True]


def test_a_role_taken_away_takes_its_scopes_from_keys(office: Office) -> None:
    made = office.accounts.create_api_key("root", "ci", ["admin", "plans:read"], 1, HERE, actor_id=None)
    assert office.accounts.authenticate_key(made.text).scopes == {Scope.ADMIN, Scope.PLANS_READ}
    office.change(a_user("root", role=Role.USER))
    office.later(seconds=5)
    principal = office.accounts.authenticate_key(made.text)
    assert (principal.user_id, principal.role, principal.scopes) == (ROOT, Role.USER, {Scope.PLANS_READ})
