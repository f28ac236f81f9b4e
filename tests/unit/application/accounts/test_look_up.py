"""What holders and administrators may look at, and what is not there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.accounts.cloud_accounts import CloudAccountFields
from domain.errors import NotFound
from domain.identity.errors import NotAuthenticated
from domain.identity.sharing import Shared
from domain.ports.audit_log import AuditFilter
from tests.canaries import PASSWORD
from tests.fakes.people import HERE, NOW, a_key, a_session, a_share, a_user, named
from tests.unit.application.accounts.office import ADA, BOB, Office


def test_an_account_and_its_backup_codes(office: Office) -> None:
    assert office.accounts.look_up.account(ADA) == (office.user(), 0)
    _, codes = office.second_factor()
    assert office.accounts.look_up.account(ADA) == (office.user(), 10)
    pending = office.accounts.log_in("ada", PASSWORD, HERE)
    office.accounts.confirm_log_in(pending.token, codes[0], HERE)
    assert office.accounts.look_up.account(ADA)[1] == 9


def test_an_account_that_is_gone(office: Office) -> None:
    office.change(a_user("ada", is_active=False))
    for user_id in (ADA, "nobody"):
        with pytest.raises(NotAuthenticated):
            office.accounts.look_up.account(user_id)


@pytest.mark.parametrize("login", ["ada", " ADA@Example.org "])
def test_an_account_is_found_by_name_and_address(office: Office, login: str) -> None:
    assert office.accounts.look_up.named(login) == office.user()
    with pytest.raises(NotFound):
        office.accounts.look_up.named("eve")


def test_accounts_are_listed_by_name(office: Office) -> None:
    def names(after: str, limit: int) -> list[str]:
        return [user.username for user in office.accounts.look_up.accounts(after, limit)]

    assert (names("", 2), names("bob", 2)) == (["ada", "bob"], ["root"])


def test_sessions_that_count_newest_first(office: Office) -> None:
    now = office.world.clock.moment
    ages = {"new": timedelta(0), "old": timedelta(hours=1), "over": timedelta(hours=12)}
    for name, age in ages.items():
        office.records.sessions.add(a_session(name, created_at=now - age, seen_at=now))
    office.records.sessions.add(a_session("pending", is_pending=True, created_at=now, seen_at=now))
    office.records.sessions.add(a_session("bobs", "bob", created_at=now, seen_at=now))
    assert [session.id for session in office.accounts.look_up.sessions(ADA)] == [named("new"), named("old")]


def test_keys_newest_first_those_taken_back_too(office: Office) -> None:
    office.records.api_keys.add(a_key("old"))
    office.records.api_keys.add(a_key("new", created_at=NOW + timedelta(hours=1), revoked_at=NOW))
    office.records.api_keys.add(a_key("bobs", "bob"))
    assert [key.name for key in office.accounts.look_up.api_keys(ADA)] == ["new", "old"]


def test_shares_with_the_names_of_both(office: Office) -> None:
    first = a_share("1", created_at=NOW)
    second = a_share("2", kind=Shared.PLAN, subject="p", shared_by=BOB, user_id=None, created_at=NOW + timedelta(1))
    third = a_share("3", subject="x", shared_by="gone", user_id=ADA, created_at=NOW + timedelta(2))
    for share in (third, second, first):
        office.records.shares.add(share)
    assert office.accounts.look_up.shares(ADA) == [(first, "ada", "bob"), (third, "", "ada")]
    assert office.accounts.look_up.shares(BOB) == [(first, "ada", "bob"), (second, "bob", None)]


def test_cloud_accounts_are_their_holders(office: Office) -> None:
    kept = [
        office.accounts.keep_cloud_account(ADA, CloudAccountFields(name=name), HERE) for name in ("first", "second")
    ]
    assert {account.name for account in office.accounts.look_up.cloud_accounts(ADA)} == {"first", "second"}
    assert office.accounts.look_up.cloud_accounts(BOB) == []
    assert office.accounts.look_up.cloud_account(ADA, kept[1].id) == kept[1]
    for user_id, account_id in ((BOB, kept[1].id), (ADA, "none")):
        with pytest.raises(NotFound):
            office.accounts.look_up.cloud_account(user_id, account_id)


def test_the_trail_newest_first(office: Office) -> None:
    office.accounts.change_profile(ADA, "Ada", None, HERE)
    office.accounts.change_profile(BOB, "Bob", None, HERE)
    found = office.accounts.look_up.audit(AuditFilter(), 9)
    assert [entry.event.user_id for entry in found] == [BOB, ADA]
    assert [entry.event.user_id for entry in office.accounts.look_up.audit(AuditFilter(user_id=ADA), 9)] == [ADA]
    assert len(office.accounts.look_up.audit(AuditFilter(), 1)) == 1
