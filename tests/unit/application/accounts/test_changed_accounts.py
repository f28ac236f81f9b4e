"""Profiles, roles and keys changed, accounts closed and opened again: what is left and who is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.errors import InvalidRequest
from domain.identity.errors import (
    LastAdministrator,
)
from domain.identity.scopes import Role
from domain.identity.single_use import Purpose
from tests.fakes.people import HERE, a_user
from tests.unit.application.accounts.office import ADA, BOB, ROOT, Office, changed_mail


def test_a_profile_keeps_what_was_not_given(office: Office) -> None:
    office.later(minutes=1)
    both = office.accounts.change_profile(ADA, " Ada L. ", "Works", HERE)
    assert (
        both
        == office.user()
        == a_user("ada", full_name="Ada L.", organisation="Works", updated_at=office.world.clock.moment)
    )
    assert office.accounts.change_profile(ADA, None, "", HERE).organisation == ""
    assert office.user().full_name == "Ada L."
    with pytest.raises(InvalidRequest, match=r"^/full_name: "):
        office.accounts.change_profile(ADA, "a\nb", None, HERE)
    with pytest.raises(InvalidRequest, match=r"^/organisation: "):
        office.accounts.change_profile(ADA, None, "x" * 201, HERE)


@pytest.mark.parametrize("erase", [False, True])
def test_a_closed_account_has_no_sessions_keys_or_tokens(office: Office, erase: bool) -> None:
    office.furnish()
    office.mails()
    office.later(minutes=1)
    before = office.user()
    office.accounts.close_account(ADA, HERE, actor_id=ROOT, erase=erase)
    now = office.world.clock.moment
    assert office.user() == (before.erased(now) if erase else replace(before, is_active=False, updated_at=now))
    assert (office.sessions(), office.tokens()) == (set(), [])
    assert (len(office.sessions(BOB)), office.tokens(BOB)) == (2, [Purpose.RESET_PASSWORD])
    revoked = {key.user_id: key.revoked_at for key in office.records.api_keys.rows.values()}
    assert revoked == {ADA: now, BOB: None}
    assert {account.user_id for account in office.records.cloud_accounts.rows.values()} == (
        {BOB} if erase else {ADA, BOB}
    )
    assert {share.subject for share in office.records.shares.rows.values()} == (
        {"other"} if erase else {"mine", "theirs", "other"}
    )
    assert office.mails() == changed_mail("Deletion" if erase else "Deactivation")


def test_an_account_opened_again_begins_anew(office: Office) -> None:
    office.change(a_user("ada", is_active=False, locked_at=HERE, failed_logins=100))
    office.later(minutes=1)
    office.accounts.reopen_account(ADA, HERE, actor_id=ROOT)
    assert office.user() == a_user("ada", updated_at=office.world.clock.moment)


def test_a_role_changed_ends_sessions_and_the_same_role_nothing(office: Office) -> None:
    office.furnish()
    office.told()
    assert office.accounts.change_role(ADA, Role.USER, HERE, actor_id=None) == office.user()
    assert (len(office.sessions()), office.told()) == (2, [])
    office.later(minutes=1)
    changed = office.accounts.change_role(ADA, Role.ADMIN, HERE, actor_id=ROOT)
    assert changed == office.user() == a_user("ada", role=Role.ADMIN, updated_at=office.world.clock.moment)
    assert (office.sessions(), len(office.sessions(BOB))) == (set(), 2)
    [event] = office.told()
    assert (event.action, event.actor_id, event.user_id) == ("account.role_changed", ROOT, ADA)
    assert (event.target, event.detail) == (f"user:{ADA}", {"role": "admin"})


def test_the_last_administrator_who_may_log_in_stays_one(office: Office) -> None:
    office.change(a_user("bob", role=Role.ADMIN, email_verified_at=None))
    for act in (
        lambda: office.accounts.change_role(ROOT, Role.USER, HERE, actor_id=None),
        lambda: office.accounts.close_account(ROOT, HERE, actor_id=None, erase=False),
        lambda: office.accounts.close_account(ROOT, HERE, actor_id=None, erase=True),
    ):
        with pytest.raises(LastAdministrator, match=r"^root is the last administrator"):
            act()
    assert office.user(ROOT) == a_user("root", role=Role.ADMIN)
    # One who is not open holds nobody up, and needs nobody.
    office.change(a_user("bob", role=Role.ADMIN, is_active=False))
    office.accounts.close_account(BOB, HERE, actor_id=None, erase=True)
    office.change(a_user("ada", role=Role.ADMIN))
    office.accounts.change_role(ROOT, Role.USER, HERE, actor_id=None)
    assert office.user(ROOT).role is Role.USER


def test_a_new_key_is_told_of_unless_the_operator_made_it(office: Office) -> None:
    made = office.accounts.create_api_key("ada", "ci", ["plans:read"], 1, HERE, actor_id=None).key
    office.accounts.rotate_api_key(ADA, made.id, HERE, actor_id=None)
    assert office.world.mail.sent == []
    made = office.accounts.create_api_key("ada", "ci", ["plans:read"], 1, HERE, actor_id=ADA).key
    office.accounts.rotate_api_key(ADA, made.id, HERE, actor_id=ADA)
    assert [(mail.to, mail.subject) for mail in office.world.mail.sent] == [("ada@example.org", "A new API key")] * 2
