"""Credentials of clouds: sealed each for its own place, shown masked, changed one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from application.accounts.cloud_accounts import CloudAccountFields
from domain.errors import FieldError, InvalidRequest, NotFound
from domain.identity.cloud import MAX_PER_USER, CloudAccount, Provider, sealing_context
from domain.identity.errors import AlreadyExists
from tests.fakes.people import HERE, a_cloud_account, named
from tests.unit.application.accounts.office import ADA, BOB, Office

SECRET = "wJalrXUtnFEMI-K7MDENG"  # noqa: S105  # an example
FULL = CloudAccountFields(
    provider=Provider.AWS, name="prod", account_id="1234", region="eu-west-1", tenant_id="t", project_id="p",
    access_key="AKIAIOSFODNN7EXAMPLE", secret_key=SECRET, extra={"b": 2, "a": "é"},
)  # fmt: skip


def opened(office: Office, account: CloudAccount, column: str) -> str:
    """What is sealed in a column."""
    context = sealing_context("cloud_accounts", account.user_id, account.id, column)
    found: str = office.world.container().secret_box().open(getattr(account, column), context)
    return found


def test_every_secret_is_sealed_for_its_own_column(office: Office) -> None:
    kept = office.accounts.keep_cloud_account(ADA, FULL, HERE)
    assert office.records.cloud_accounts.rows == {kept.id: kept}
    now = office.world.clock.moment
    assert kept == CloudAccount(
        id=kept.id, user_id=ADA, provider=Provider.AWS, name="prod", account_id="1234", region="eu-west-1",
        tenant_id="t", project_id="p", access_key=kept.access_key, access_key_shown="••••MPLE",
        secret_key=kept.secret_key, extra=kept.extra, created_at=now, updated_at=now,
    )  # fmt: skip
    assert opened(office, kept, "access_key") == FULL.access_key
    assert opened(office, kept, "secret_key") == SECRET
    assert opened(office, kept, "extra") == '{"a": "\\u00e9", "b": 2}'
    assert SECRET not in repr(office.records)
    assert SECRET not in repr(FULL)


def test_what_is_not_given_stays_blank(office: Office) -> None:
    kept = office.accounts.keep_cloud_account(ADA, CloudAccountFields(), HERE)
    now = office.world.clock.moment
    assert kept == CloudAccount(
        id=kept.id, user_id=ADA, provider=Provider.OTHER, name="", account_id="", region="", tenant_id="",
        project_id="", access_key=None, access_key_shown="", secret_key=None, extra=None, created_at=now,
        updated_at=now,
    )  # fmt: skip


def test_what_is_not_given_stays_as_it_was(office: Office) -> None:
    kept = office.accounts.keep_cloud_account(ADA, FULL, HERE)
    office.later(minutes=1)
    changed = office.accounts.keep_cloud_account(ADA, CloudAccountFields(region="x"), HERE, account_id=kept.id)
    assert changed == replace(kept, region="x", updated_at=office.world.clock.moment)
    assert office.records.cloud_accounts.rows[kept.id] == changed


def test_an_empty_secret_removes_what_was_there(office: Office) -> None:
    kept = office.accounts.keep_cloud_account(ADA, FULL, HERE)
    blank = CloudAccountFields(access_key="", secret_key="", extra={}, name="")
    changed = office.accounts.keep_cloud_account(ADA, blank, HERE, account_id=kept.id)
    assert (changed.access_key, changed.access_key_shown, changed.secret_key, changed.extra) == (None, "", None, None)
    assert changed.name == ""


def test_further_credentials_have_a_longest_length(office: Office) -> None:
    most: dict[str, object] = {"k": "x" * (16_384 - len('{"k": ""}'))}
    assert office.accounts.keep_cloud_account(ADA, CloudAccountFields(extra=most), HERE).extra
    with pytest.raises(InvalidRequest) as refusal:
        office.accounts.keep_cloud_account(ADA, CloudAccountFields(extra={"k": f"{most['k']}x"}), HERE)
    expected = FieldError(pointer="/extra", expected="at most 16384 characters of JSON", code="format")
    assert refusal.value.fields == (expected,)
    assert str(refusal.value) == f"/extra: {expected.expected}"


@pytest.mark.parametrize("name", ["name", "account_id", "region", "tenant_id", "project_id"])
def test_plain_fields_are_one_printable_line(office: Office, name: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        office.accounts.keep_cloud_account(ADA, CloudAccountFields(**{name: "a\nb"}), HERE)  # type: ignore[arg-type]
    expected = FieldError(pointer=f"/{name}", expected="printable characters on one line", code="format")
    assert refusal.value.fields == (expected,)
    assert office.records.cloud_accounts.rows == {}


def test_a_user_has_a_hundred_at_most(office: Office) -> None:
    for number in range(MAX_PER_USER):
        office.records.cloud_accounts.add(a_cloud_account(f"c{number}"))
    with pytest.raises(AlreadyExists, match="100 cloud accounts: remove one first"):
        office.accounts.keep_cloud_account(ADA, FULL, HERE)
    assert office.accounts.keep_cloud_account(BOB, FULL, HERE)
    assert office.accounts.keep_cloud_account(ADA, CloudAccountFields(name="x"), HERE, account_id=named("c1"))
    office.accounts.remove_cloud_account(ADA, named("c1"), HERE)
    assert named("c1") not in office.records.cloud_accounts.rows
    assert office.accounts.keep_cloud_account(ADA, FULL, HERE)


def test_nobody_changes_or_removes_anothers(office: Office) -> None:
    kept = office.accounts.keep_cloud_account(ADA, FULL, HERE)
    with pytest.raises(NotFound):
        office.accounts.keep_cloud_account(BOB, CloudAccountFields(name="x"), HERE, account_id=kept.id)
    with pytest.raises(NotFound):
        office.accounts.remove_cloud_account(BOB, kept.id, HERE)
    assert office.records.cloud_accounts.rows == {kept.id: kept}
