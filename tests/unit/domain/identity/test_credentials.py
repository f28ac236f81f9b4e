"""Sessions, keys, one-time codes, sealed credentials and scopes: when they count, at the edge of their time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import FieldError, InvalidRequest
from domain.identity.cloud import MASK, masked, sealing_context
from domain.identity.keys import expiry
from domain.identity.rates import Rate
from domain.identity.scopes import EVERYDAY_SCOPES, Role, Scope, read_scopes, scopes_of
from domain.identity.sessions import SessionLimits
from domain.identity.single_use import Purpose, SingleUse, single_use
from domain.identity.totp import accepted_step, is_code, step_at
from tests.fakes.people import NOW, a_key, a_session

MICRO = timedelta(microseconds=1)
LIMITS = SessionLimits()


@pytest.mark.parametrize(
    ("since_log_in", "since_seen", "is_live"),
    [
        (timedelta(0), timedelta(0), True),
        (timedelta(hours=12) - MICRO, timedelta(minutes=30) - MICRO, True),
        (timedelta(hours=12), timedelta(0), False),
        (timedelta(hours=1), timedelta(minutes=30), False),
        (-timedelta(hours=1), -timedelta(hours=1), True),
    ],
)
def test_a_session_ends_idle_and_in_any_case(since_log_in: timedelta, since_seen: timedelta, is_live: bool) -> None:
    session = a_session(created_at=NOW - since_log_in, seen_at=NOW - since_seen)
    assert session.is_live(NOW, LIMITS) is is_live


@pytest.mark.parametrize(("since", "is_live"), [(timedelta(minutes=5) - MICRO, True), (timedelta(minutes=5), False)])
def test_a_password_waits_five_minutes_for_its_code(since: timedelta, is_live: bool) -> None:
    assert a_session(is_pending=True, created_at=NOW - since).is_live(NOW, LIMITS) is is_live


def test_the_password_is_fresh_for_five_minutes() -> None:
    assert a_session(confirmed_at=NOW - timedelta(minutes=5) + MICRO).is_fresh(NOW)
    assert not a_session(confirmed_at=NOW - timedelta(minutes=5)).is_fresh(NOW)


def test_activity_is_written_once_a_minute() -> None:
    assert not a_session(seen_at=NOW - timedelta(minutes=1) + MICRO).is_stale_record(NOW)
    assert a_session(seen_at=NOW - timedelta(minutes=1)).is_stale_record(NOW)


def test_a_key_counts_until_it_expires_or_was_taken_back() -> None:
    key = a_key(expires_at=NOW + timedelta(days=1))
    assert key.is_live(NOW + timedelta(days=1) - MICRO)
    assert not key.is_live(NOW + timedelta(days=1))
    taken_back = key.revoked(NOW + timedelta(hours=1))
    assert taken_back.is_live(NOW + timedelta(hours=1) - MICRO)
    assert not taken_back.is_live(NOW + timedelta(hours=1))


def test_of_two_moments_to_be_taken_back_the_earlier_stays() -> None:
    early, late = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    assert a_key().revoked(late).revoked(early).revoked_at == early
    assert a_key().revoked(early).revoked(late).revoked_at == early


@pytest.mark.parametrize(("days", "lasting"), [(None, 90), (1, 1), (365, 365)])
def test_a_key_lasts_as_long_as_asked(days: int | None, lasting: int) -> None:
    assert expiry(NOW, days) == NOW + timedelta(days=lasting)


@pytest.mark.parametrize("days", [0, -1, 366, 10**9])
def test_a_key_lasts_no_longer_than_a_year(days: int) -> None:
    with pytest.raises(InvalidRequest, match=r"^/expires_in_days: 1 to 365 days$") as refusal:
        expiry(NOW, days)
    assert refusal.value.fields == (FieldError(pointer="/expires_in_days", expected="1 to 365 days", code="range"),)


@pytest.mark.parametrize(
    ("secret", "shown"), [("AKIAIOSFODNN7EXA", MASK + "7EXA"), ("AKIAIOSFODNN7EX", MASK), ("", MASK)]
)
def test_of_a_secret_at_most_the_end_is_shown(secret: str, shown: str) -> None:
    assert masked(secret) == shown
    assert MASK == "••••"


def test_a_seal_is_bound_to_its_place() -> None:
    assert sealing_context("users", "u", "r", "totp_seed") == "users/u/r/totp_seed"


@pytest.mark.parametrize(
    ("purpose", "lasting"),
    [
        (Purpose.RESET_PASSWORD, timedelta(minutes=30)), (Purpose.VERIFY_EMAIL, timedelta(days=1)),
        (Purpose.BACKUP_CODE, timedelta(days=36_500)),
    ],
)  # fmt: skip
def test_a_token_lasts_as_long_as_its_purpose(purpose: Purpose, lasting: timedelta) -> None:
    made = single_use(purpose, id="i", user_id="u", token_hash="h", now=NOW)
    assert made == SingleUse(
        id="i", purpose=purpose, user_id="u", token_hash="h", created_at=NOW, expires_at=NOW + lasting
    )


def test_a_step_of_time_has_thirty_seconds() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert [step_at(epoch + timedelta(seconds=at)) for at in (0, 29.9, 30, 59.9, 60)] == [0, 0, 1, 1, 2]


def number_of(seed: bytes, step: int) -> str:
    """A code that tells its step."""
    return f"{step % 1_000_000:06}"


@pytest.mark.parametrize(("steps", "accepted"), [(-2, None), (-1, -1), (0, 0), (1, 1), (2, None)])
def test_a_code_counts_one_step_early_or_late(steps: int, accepted: int | None) -> None:
    present = step_at(NOW)
    found = accepted_step(number_of(b"", present + steps), seed=b"", now=NOW, last_step=None, code_at=number_of)
    assert found == (None if accepted is None else present + accepted)


def test_a_step_that_was_used_and_all_before_it_are_used_up() -> None:
    present = step_at(NOW)

    def found(step: int, last: int) -> int | None:
        return accepted_step(number_of(b"", step), seed=b"", now=NOW, last_step=last, code_at=number_of)

    assert found(present, present) is None
    assert found(present - 1, present) is None
    assert found(present + 1, present) == present + 1
    assert found(present, present - 1) == present


def test_of_two_steps_with_the_same_code_the_unused_one_counts() -> None:
    present = step_at(NOW)
    found = accepted_step("000000", seed=b"", now=NOW, last_step=present, code_at=lambda _seed, _step: "000000")
    assert found == present + 1


@pytest.mark.parametrize("typed", ["", "12345", "1234567", " 12345", "12345\n", "-12345", "١٢٣٤٥٦", "12345６"])
def test_what_is_no_code(typed: str) -> None:
    assert not is_code(typed)
    assert accepted_step(typed, seed=b"", now=NOW, last_step=None, code_at=lambda _seed, _step: typed) is None


def test_administrators_may_do_everything_and_users_their_everyday_work() -> None:
    assert scopes_of(Role.ADMIN) == frozenset(Scope)
    assert frozenset(Scope) - scopes_of(Role.USER) == {Scope.ADMIN, Scope.METRICS_READ}
    assert scopes_of(Role.USER) == EVERYDAY_SCOPES


@pytest.mark.parametrize("names", [[], ["plans:reed"], ["plans:read", "admin"], ["metrics:read"], [""]])
def test_scopes_that_a_user_cannot_give(names: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_scopes(names, Role.USER)
    [field] = refusal.value.fields
    assert (field.pointer, field.code) == ("/scopes", "choice")
    assert field.expected.startswith("one or more of alerts:read, history:read, ")
    assert "admin" not in field.expected
    assert str(refusal.value) == f"/scopes: {field.expected}"


def test_scopes_are_what_was_asked_for() -> None:
    assert read_scopes(iter(["plans:read", "plans:read"]), Role.USER) == {Scope.PLANS_READ}
    assert read_scopes(["admin"], Role.ADMIN) == {Scope.ADMIN}


def test_a_window_of_requests_begins_at_a_multiple_of_its_length() -> None:
    rate = Rate(name="plan", allowed=3, window_seconds=60)
    assert [rate.window_of(at) for at in (0, 59.9, 60, 125.5)] == [0, 0, 60, 120]
    assert [rate.retry_after(at) for at in (0, 59.5, 60, 125.5)] == [60, 0.5, 60, 54.5]
