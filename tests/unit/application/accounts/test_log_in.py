"""From a password, and a code where one is asked for, to a session; and confirming it later."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from domain.identity.audit import Caller
from domain.identity.errors import (
    BadCredentials,
    Busy,
    TooManyRequests,
)
from domain.identity.limits import LOGIN_ACCOUNT, LOGIN_ADDRESS, LOGIN_GLOBAL, SECOND_FACTOR
from domain.identity.tokens import digest
from tests.canaries import PASSWORD
from tests.fakes.people import HERE, a_user, named
from tests.unit.application.accounts.office import ADA, BOB, Office


def test_a_log_in_that_fails_is_counted_three_ways_and_written_to_the_account(office: Office) -> None:
    for _ in range(2):
        with pytest.raises(BadCredentials):
            office.accounts.log_in("ada", "wrong", HERE)
    assert office.counted() == {LOGIN_ACCOUNT.kind: 2, LOGIN_ADDRESS.kind: 2, LOGIN_GLOBAL.kind: 2}
    assert office.user() == a_user("ada", failed_logins=2, last_failed_at=office.world.clock.moment)
    office.accounts.log_in("ada", PASSWORD, HERE)
    assert office.counted() == {LOGIN_ADDRESS.kind: 2, LOGIN_GLOBAL.kind: 2}
    now = office.world.clock.moment
    expected = a_user("ada", last_failed_at=now, last_login_at=now, last_login_address=HERE.address)
    assert office.user() == expected


def test_a_right_password_of_a_locked_account_is_no_failure(office: Office) -> None:
    locked = a_user("ada", locked_at=office.world.clock.moment, failed_logins=100)
    office.change(locked)
    with pytest.raises(BadCredentials):
        office.accounts.log_in("ada", PASSWORD, HERE)
    assert office.user() == locked


def test_a_session_holds_where_it_began_and_nothing_secret(office: Office) -> None:
    agent = "x" * 300
    signed_in = office.accounts.log_in("ada", PASSWORD, Caller(address="192.0.2.9", agent=agent))
    kept, now = office.records.sessions.rows[signed_in.session.id], office.world.clock.moment
    assert kept == signed_in.session
    assert (kept.token_hash, kept.user_id, kept.is_pending) == (digest(signed_in.token), ADA, False)
    assert (kept.created_at, kept.seen_at, kept.confirmed_at) == (now, now, now)
    assert (kept.address, kept.agent) == ("192.0.2.9", "x" * 200)
    assert len(kept.id) == 32


def test_the_session_a_browser_had_ends_when_it_was_this_accounts(office: Office) -> None:
    first = office.accounts.log_in("ada", PASSWORD, HERE)
    second = office.accounts.log_in("ada", PASSWORD, HERE, shown=first.token)
    bobs = office.accounts.log_in("bob", PASSWORD, HERE, shown=second.token)
    assert office.sessions() == {second.session.id}
    assert office.sessions(BOB) == {bobs.session.id}


def test_a_password_changed_while_it_was_checked_is_wrong(office: Office) -> None:
    check = office.world.hasher.verify

    def slow(password_hash: str | None, password: str) -> bool:
        right = check(password_hash, password)
        office.change(replace(office.user(), password_hash="quick:9:another"))
        return right

    office.world.hasher.verify = slow  # type: ignore[method-assign]
    with pytest.raises(BadCredentials):
        office.accounts.log_in("ada", PASSWORD, HERE)
    assert office.sessions() == set()


def test_with_a_second_factor_the_password_opens_only_the_wait_for_the_code(office: Office) -> None:
    seed, _ = office.second_factor()
    before = office.user()
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    assert pending.session.is_pending
    assert office.user() == before
    done = office.accounts.confirm_log_in(pending.token, office.code(seed), HERE)
    now = office.world.clock.moment
    assert (office.user().last_login_at, office.user().last_login_address) == (now, HERE.address)
    assert pending.session.id not in office.sessions()
    assert (done.session.is_pending, done.token == pending.token) == (False, False)
    assert not [kind for kind in office.counted() if kind.startswith("factor")]


@pytest.mark.parametrize("change", [{"is_active": False}, {"locked_at": HERE}])
def test_a_code_of_an_account_closed_meanwhile_opens_nothing(office: Office, change: dict[str, Any]) -> None:
    seed, _ = office.second_factor()
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    office.change(replace(office.user(), **change))
    with pytest.raises(BadCredentials):
        office.accounts.confirm_log_in(pending.token, office.code(seed), HERE)


def test_wrong_codes_are_counted_for_five_minutes_an_hour_and_a_day(office: Office) -> None:
    office.second_factor()
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    for _ in range(5):
        with pytest.raises(BadCredentials):
            office.accounts.confirm_log_in(pending.token, "000000", HERE)
    assert {kind: count for kind, count in office.counted().items() if kind.startswith("factor")} == {
        limit.kind: 5 for limit in SECOND_FACTOR
    }
    with pytest.raises(TooManyRequests) as refusal:
        office.accounts.confirm_log_in(pending.token, "000000", HERE)
    assert refusal.value.retry_after_seconds == 300


def test_a_code_may_be_typed_with_spaces_around_it(office: Office) -> None:
    seed, _ = office.second_factor()
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    assert office.accounts.confirm_log_in(pending.token, f"  {office.code(seed)} ", HERE)


def test_confirming_the_password_replaces_one_session(office: Office) -> None:
    office.furnish()
    first = named("ada-1")
    fresh = office.accounts.step_up(ADA, first, PASSWORD, "", HERE)
    assert office.sessions() == {fresh.session.id, named("ada-2")}
    assert not [key for key in office.counted() if key == LOGIN_ACCOUNT.kind]


def test_with_a_second_factor_confirming_needs_the_code_as_well(office: Office) -> None:
    seed, _ = office.second_factor()
    session = office.accounts.confirm_log_in(
        office.accounts.log_in("ada", PASSWORD, HERE).token, office.code(seed), HERE
    ).session.id
    with pytest.raises(BadCredentials):
        office.accounts.step_up(ADA, session, PASSWORD, "", HERE)
    office.later(seconds=30)
    # A wrong password is no attempt at the code.
    with pytest.raises(BadCredentials):
        office.accounts.step_up(ADA, session, "wrong", office.code(seed), HERE)
    assert office.counted()[SECOND_FACTOR[0].kind] == 1
    assert office.accounts.step_up(ADA, session, PASSWORD, office.code(seed), HERE).user.id == ADA


def test_too_many_codes_make_a_confirmation_wait(office: Office) -> None:
    office.second_factor()
    for _ in range(4):
        with pytest.raises(BadCredentials):
            office.accounts.step_up(ADA, "s", PASSWORD, "000000", HERE)
    office.later(seconds=4)
    with pytest.raises(BadCredentials):
        office.accounts.step_up(ADA, "s", PASSWORD, "000000", HERE)
    office.later(seconds=60)
    with pytest.raises(TooManyRequests) as refusal:
        office.accounts.step_up(ADA, "s", PASSWORD, "000000", HERE)
    assert refusal.value.retry_after_seconds == 300 - 64


def test_a_full_queue_costs_a_confirmation_no_attempt(office: Office) -> None:
    office.world.hasher.is_busy = True
    with pytest.raises(Busy):
        office.accounts.step_up(ADA, "s", PASSWORD, "", HERE)
    assert office.counted() == {}
    office.world.hasher.is_busy = False
    with pytest.raises(BadCredentials):
        office.accounts.step_up("nobody", "s", PASSWORD, "", HERE)
    office.change(a_user("ada", is_active=False))
    with pytest.raises(BadCredentials):
        office.accounts.step_up(ADA, "s", PASSWORD, "", HERE)


def test_wrong_passwords_of_a_confirmation_make_it_wait_and_no_log_in(office: Office) -> None:
    for _ in range(5):
        with pytest.raises(BadCredentials):
            office.accounts.step_up(ADA, "s", "wrong", "", HERE)
    with pytest.raises(TooManyRequests) as refusal:
        office.accounts.step_up(ADA, "s", PASSWORD, "", HERE)
    assert refusal.value.retry_after_seconds == 1
    assert office.accounts.log_in("ada", PASSWORD, HERE)
    office.later(seconds=1)
    assert office.accounts.step_up(ADA, "s", PASSWORD, "", HERE)
    for _ in range(4):
        with pytest.raises(BadCredentials):
            office.accounts.step_up(ADA, "s", "wrong", "", HERE)


@pytest.mark.parametrize(("password", "hashed"), [("wrong", 0), (PASSWORD, 1)])
def test_only_a_right_password_is_hashed_anew(office: Office, password: str, hashed: int) -> None:
    old, again = office.user().password_hash, office.world.hasher.hash
    office.world.hasher.outdated.add(old)
    made: list[str] = []

    def counting(password: str) -> str:
        made.append(password)
        return again(password)

    office.world.hasher.hash = counting  # type: ignore[method-assign]
    with suppress(BadCredentials):
        office.accounts.log_in("ada", password, HERE)
    assert len(made) == hashed
    assert (office.user().password_hash != old) is bool(hashed)


def test_a_hash_is_renewed_before_the_code_is_asked_for(office: Office) -> None:
    office.second_factor()
    old = office.user().password_hash
    office.world.hasher.outdated.add(old)
    office.accounts.log_in("ada", PASSWORD, HERE)
    assert office.user().password_hash != old
