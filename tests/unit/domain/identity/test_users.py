"""Accounts as values: when they may be used, what stays of them, and how names are read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.errors import FieldError, InvalidRequest
from domain.identity.scopes import Role
from domain.identity.users import User, read_email, read_login, read_text, read_username
from tests.fakes.people import NOW, a_user, named

LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("change", "is_open", "may_log_in"),
    [
        ({}, True, True),
        ({"email_verified_at": None}, True, False),
        ({"locked_at": NOW}, True, False),
        ({"is_active": False}, False, False),
        ({"deleted_at": NOW}, False, False),
    ],
)
def test_when_an_account_counts(change: dict[str, Any], is_open: bool, may_log_in: bool) -> None:
    user = a_user(**change)
    assert (user.is_open, user.may_log_in) == (is_open, may_log_in)
    assert user.is_verified is (user.email_verified_at is not None)


def test_a_seed_alone_is_no_second_factor() -> None:
    assert not a_user(totp_seed="v1:seed").has_second_factor
    assert a_user(totp_seed="v1:seed", totp_confirmed_at=NOW).has_second_factor


def test_what_is_known_of_an_owner() -> None:
    user = a_user(full_name="Ada Lovelace", organisation="Analytical Engines")
    assert user.about == ("ada", "ada@example.org", "Ada Lovelace", "Analytical Engines")


def test_failures_add_up_and_the_hundredth_locks_once() -> None:
    once = a_user().after_failure(LATER)
    assert once == a_user(failed_logins=1, last_failed_at=LATER)
    almost, locked = a_user(failed_logins=98).after_failure(LATER), a_user(failed_logins=99).after_failure(LATER)
    assert (almost.locked_at, almost.failed_logins) == (None, 99)
    assert (locked.locked_at, locked.failed_logins) == (LATER, 100)
    assert locked.after_failure(LATER + timedelta(hours=1)).locked_at == LATER


def test_a_log_in_ends_the_row_of_failures() -> None:
    user = a_user(failed_logins=7, last_failed_at=NOW)
    expected = a_user(last_failed_at=NOW, last_login_at=LATER, last_login_address="192.0.2.9")
    assert user.after_login(LATER, "192.0.2.9") == expected


def test_a_new_password_opens_a_locked_account() -> None:
    locked = a_user(failed_logins=100, locked_at=NOW)
    assert locked.with_password("new", LATER) == a_user(password_hash="new", updated_at=LATER)


def test_a_second_factor_forgotten_leaves_nothing() -> None:
    user = a_user(totp_seed="v1:seed", totp_confirmed_at=NOW, totp_last_step=7)
    assert user.without_second_factor(LATER) == a_user(updated_at=LATER)


def test_nothing_that_names_a_person_stays_of_a_deleted_account() -> None:
    user = a_user(
        full_name="Ada", organisation="Engines", role=Role.ADMIN, totp_seed="v1:seed", totp_confirmed_at=NOW,
        totp_last_step=7, last_login_address="192.0.2.9", last_login_at=NOW,
    )  # fmt: skip
    name = f"deleted-{user.id}"
    assert user.erased(LATER) == User(
        id=named("ada"), username=name, email=f"{name}@invalid.invalid", password_hash="", role=Role.USER,
        created_at=NOW, updated_at=LATER, is_active=False, last_login_at=NOW, deleted_at=LATER,
    )  # fmt: skip


def refusal_of(read: object, *given: str) -> FieldError:
    """The one entry of a refusal."""
    with pytest.raises(InvalidRequest) as refused:
        read(*given)  # type: ignore[operator]
    [field] = refused.value.fields
    assert str(refused.value) == f"{field.pointer}: {field.expected}"
    return field


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("ada", "ada"), (" ADA ", "ada"), ("a-b", "a-b"), ("0.9", "0.9"), ("a_b", "a_b"), ("a" * 64, "a" * 64)],
)
def test_names_are_kept_in_lower_case(typed: str, kept: str) -> None:
    assert read_username(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ab",
        "a" * 65,
        "-ab",
        "ab.",
        "a b",
        "a@b.org",
        "adä",
        "ａda",
        "٣ad",
        "deleted-1",
        "Deleted-x",
        "a/b",
    ],
)
def test_what_is_no_name(typed: str) -> None:
    expected = "3 to 64 of a-z, 0-9, dot, hyphen, underscore, beginning and ending with a letter or digit"
    assert refusal_of(read_username, typed) == FieldError(pointer="/username", expected=expected, code="format")
    assert refusal_of(read_username, typed, "/name").pointer == "/name"


LONGEST = "a" * 64 + "@" + ".".join(["b" * 61] * 3) + ".org"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ada@Example.org ", "ada@example.org"), ("a+b@c.de", "a+b@c.de"), ("o'hara@x.io", "o'hara@x.io"),
        ("a@b-c.d.museum", "a@b-c.d.museum"), (LONGEST, LONGEST),
    ],
)  # fmt: skip
def test_addresses_are_kept_in_lower_case(typed: str, kept: str) -> None:
    assert read_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "", "ada", "@b.org", "a@", "a@b", "a@.org", "a@b.o", "a b@c.org", "a@b@c.org", "a@b..org", "a..b@c.org",
        "ä@b.org", "a@ä.org", "a\r\nBcc: x@y.org@c.org", "<a@b.org>", "a,b@c.org", "a@-b.org", "a@b-.org",
        "a" * 65 + "@b.org", "a" * 64 + "@" + "b." * 100 + "org",
    ],
)  # fmt: skip
def test_what_is_no_address(typed: str) -> None:
    expected = "a mail address such as name@example.org"
    assert refusal_of(read_email, typed) == FieldError(pointer="/email", expected=expected, code="format")
    assert refusal_of(read_email, typed, "/to").pointer == "/to"


def test_the_longest_address_has_254_characters() -> None:
    longest = "a" * 64 + "@" + ("b" * 60 + ".") * 3 + "bb.org"
    assert len(longest) == 254
    assert read_email(longest) == longest
    assert refusal_of(read_email, longest.replace("@", "@b")).code == "format"


def test_a_login_is_cut_and_never_refused() -> None:
    assert read_login(" ADA\n") == "ada"
    assert read_login("x" * 300) == "x" * 254
    assert read_login("\x00") == "\x00"


def test_a_text_is_one_line_of_200_characters_at_most() -> None:
    assert read_text("  Söhne & Töchter ", "/organisation") == "Söhne & Töchter"
    assert read_text("x" * 200, "/full_name") == "x" * 200
    assert read_text("", "/full_name") == ""
    for bad in ("x" * 201, "a\nb", "a\x00", "a\u202eb"):
        told = refusal_of(read_text, bad, "/full_name")
        assert told == FieldError(pointer="/full_name", expected="at most 200 printable characters", code="format")
