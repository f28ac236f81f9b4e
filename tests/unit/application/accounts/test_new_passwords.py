"""Passwords changed and set anew by mail: what they end, open and tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.errors import InvalidRequest
from domain.identity.errors import BadCredentials, NotAuthenticated, TokenRefused, TooManyRequests
from domain.identity.limits import LOGIN_ACCOUNT
from domain.identity.single_use import Purpose
from domain.identity.tokens import digest
from tests.canaries import NEW_PASSWORD, PASSWORD
from tests.fakes.people import HERE, a_user
from tests.unit.application.accounts.office import ADA, BOB, Office, changed_mail


def test_a_changed_password_ends_every_session_but_the_one_it_opens(office: Office) -> None:
    office.furnish()
    office.mails()
    office.change(replace(office.user(), failed_logins=3))
    signed_in = office.accounts.change_password(ADA, NEW_PASSWORD, HERE)
    assert office.sessions() == {signed_in.session.id}
    assert len(office.sessions(BOB)) == 2
    assert (office.user().failed_logins, office.user().updated_at) == (0, office.world.clock.moment)
    assert office.mails() == changed_mail("The password was changed")
    assert office.accounts.log_in("ada", NEW_PASSWORD, HERE)
    with pytest.raises(InvalidRequest):
        office.accounts.change_password(ADA, "short", HERE)
    with pytest.raises(NotAuthenticated):
        office.accounts.change_password("nobody", NEW_PASSWORD, HERE)


def test_a_password_is_never_made_of_its_owner(office: Office) -> None:
    office.change(a_user("ada", full_name="Gryzbowska"))
    with pytest.raises(InvalidRequest):
        office.accounts.change_password(ADA, "gryzbowska-gryzbowska", HERE)
    office.accounts.request_reset("ada", HERE)
    token = office.world.mail.token("ada@example.org")
    with pytest.raises(InvalidRequest):
        office.accounts.reset_password(token, "gryzbowska-gryzbowska", "", HERE)
    office.accounts.reset_password(token, NEW_PASSWORD, "", HERE)


def test_a_reset_opens_a_locked_account_and_closes_all_else(office: Office) -> None:
    locked = a_user("ada", locked_at=HERE, failed_logins=100, email_verified_at=None)
    office.change(locked)
    office.furnish()
    for login in ("ada", "ada", "ada@example.org", "ada@example.org"):
        with pytest.raises(BadCredentials):
            office.accounts.log_in(login, "wrong", HERE)
    office.accounts.request_reset("ada", HERE)
    token = office.world.mail.token("ada@example.org")
    office.mails()
    office.later(minutes=1)
    office.accounts.reset_password(token, NEW_PASSWORD, "", HERE)
    now = office.world.clock.moment
    expected = replace(
        locked, locked_at=None, failed_logins=0, email_verified_at=now, updated_at=now,
        password_hash=office.user().password_hash, last_failed_at=office.user().last_failed_at,
    )  # fmt: skip
    assert office.user() == expected
    assert office.sessions() == set()
    assert office.tokens() == []
    assert office.tokens(BOB) == [Purpose.RESET_PASSWORD]
    assert LOGIN_ACCOUNT.kind not in office.counted()
    assert office.mails() == changed_mail("The password was reset")


def test_an_address_proven_before_stays_proven_at_that_moment(office: Office) -> None:
    before = office.user().email_verified_at
    office.accounts.request_reset("ada", HERE)
    office.later(minutes=1)
    office.accounts.reset_password(office.world.mail.token("ada@example.org"), NEW_PASSWORD, "", HERE)
    assert office.user().email_verified_at == before


def test_a_second_token_takes_the_place_of_the_first(office: Office) -> None:
    office.accounts.request_reset("ada", HERE)
    first = office.world.mail.token("ada@example.org")
    office.accounts.request_reset("ada@example.org", HERE)
    with pytest.raises(TokenRefused):
        office.accounts.reset_password(first, NEW_PASSWORD, "", HERE)
    assert office.tokens() == [Purpose.RESET_PASSWORD]


def test_a_token_for_a_reset_lasts_half_an_hour(office: Office) -> None:
    office.accounts.request_reset("ada", HERE)
    token = office.world.mail.token("ada@example.org")
    office.later(minutes=30)
    with pytest.raises(TokenRefused):
        office.accounts.reset_password(token, NEW_PASSWORD, "", HERE)
    office.later(microseconds=-1)
    office.accounts.reset_password(token, NEW_PASSWORD, "", HERE)


def test_a_reset_leaves_no_other_token_that_sets_a_password(office: Office) -> None:
    for _ in range(2):
        office.accounts.request_reset("ada", HERE)
    # As two that were asked for at once may leave them.
    [kept] = [token for token in office.records.single_use.rows.values() if token.used_at is None]
    office.records.single_use.add(replace(kept, id="other", token_hash=digest("other")))
    office.accounts.reset_password(office.world.mail.token("ada@example.org"), NEW_PASSWORD, "", HERE)
    assert office.tokens() == []


def test_a_bad_password_is_told_of_before_the_token_is_looked_at(office: Office) -> None:
    with pytest.raises(InvalidRequest, match=r"^/password: "):
        office.accounts.reset_password("no token", "short", "", HERE)


def test_who_tried_too_many_codes_waits_and_keeps_the_token(office: Office) -> None:
    seed, _ = office.second_factor()
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    for _ in range(5):
        with pytest.raises(BadCredentials):
            office.accounts.confirm_log_in(pending.token, "000000", HERE)
    office.accounts.request_reset("ada", HERE)
    token = office.world.mail.token("ada@example.org")
    with pytest.raises(TooManyRequests) as refusal:
        office.accounts.reset_password(token, NEW_PASSWORD, office.code(seed), HERE)
    assert refusal.value.retry_after_seconds == 300
    office.later(seconds=300)
    office.accounts.reset_password(token, NEW_PASSWORD, office.code(seed), HERE)
