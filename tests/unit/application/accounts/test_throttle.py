"""Attempts are counted before they are made, all or none, and taken back when they turn out right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.accounts.desk import Desk
from application.accounts.throttle import forgive, reserve
from domain.identity.errors import TooManyRequests
from domain.identity.limits import Attempts, Limit
from domain.identity.tokens import digest
from tests.fakes.account_database import InMemoryAccountDatabase
from tests.fakes.clock import FixedClock
from tests.fakes.randomness import CountingRandomness

TWO = Limit(kind="two", allowed=2, window=timedelta(minutes=5))
NINE = Limit(kind="nine", allowed=9, window=timedelta(minutes=5))
COUNTERS = [(TWO, "ada"), (NINE, "here")]


@pytest.fixture
def desk() -> Desk:
    """Over memory."""
    return Desk(database=InMemoryAccountDatabase(), clock=FixedClock(), randomness=CountingRandomness())


def counts(desk: Desk) -> dict[str, int]:
    """Kind → attempts counted."""
    return {kind: attempts.count for (kind, _), attempts in desk.database.records.attempts.rows.items()}  # type: ignore[attr-defined]


def test_an_attempt_is_counted_against_every_limit_under_a_digest(desk: Desk) -> None:
    reserve(desk, COUNTERS)
    once = Attempts(window_start=desk.now(), count=1, in_a_row=1, last_at=desk.now())
    rows = desk.database.records.attempts.rows  # type: ignore[attr-defined]
    assert rows == {("two", digest("ada")): once, ("nine", digest("here")): once}


def test_beyond_one_limit_nothing_is_counted_against_another(desk: Desk) -> None:
    for _ in range(2):
        reserve(desk, COUNTERS)
    with pytest.raises(TooManyRequests) as refusal:
        reserve(desk, COUNTERS)
    assert refusal.value.retry_after_seconds == 300
    assert counts(desk) == {"two": 2, "nine": 2}
    reserve(desk, [(TWO, "bob"), (NINE, "here")])


def test_only_the_limit_named_delays_a_row_of_failures(desk: Desk) -> None:
    for _ in range(5):
        reserve(desk, [(NINE, "here")])
    with pytest.raises(TooManyRequests) as refusal:
        reserve(desk, [(NINE, "here")], delayed=NINE)
    assert refusal.value.retry_after_seconds == 1
    reserve(desk, [(NINE, "here")], delayed=TWO)


def test_what_turned_out_right_is_taken_back(desk: Desk) -> None:
    for _ in range(3):
        reserve(desk, [(NINE, "here")])
    with desk.database.transaction() as records:
        forgive(records, [(NINE, "here"), (TWO, "nobody")])
        assert records.attempts.find("nine", digest("here")) == Attempts(
            window_start=desk.now(), count=2, in_a_row=2, last_at=desk.now()
        )
        forgive(records, [(NINE, "here")])
        assert counts(desk) == {"nine": 1}
        forgive(records, [(NINE, "here")])
        assert counts(desk) == {}


def test_a_row_never_falls_below_nothing(desk: Desk) -> None:
    with desk.database.transaction() as records:
        records.attempts.save("nine", digest("here"), Attempts(window_start=desk.now(), count=3, in_a_row=0))
        forgive(records, [(NINE, "here")])
        kept = records.attempts.find("nine", digest("here"))
    assert kept == Attempts(window_start=desk.now(), count=2, in_a_row=0)


def test_a_whole_counter_is_dropped_when_asked(desk: Desk) -> None:
    for _ in range(3):
        reserve(desk, [(NINE, "here"), (NINE, "there")])
    with desk.database.transaction() as records:
        forgive(records, [(NINE, "here")], forget=True)
        assert records.attempts.find("nine", digest("here")) is None
        assert records.attempts.find("nine", digest("there")) is not None
