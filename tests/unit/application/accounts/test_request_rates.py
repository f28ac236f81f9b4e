"""Counters of requests are evened out between processes, and windows long past are forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from application.accounts import request_rates
from application.accounts.request_rates import RequestRates
from domain.identity.limits import Attempts
from domain.identity.rates import HOUR_SECONDS, Rate
from tests.fakes.account_database import InMemoryAccountDatabase
from tests.fakes.clock import FixedClock

HOURLY = Rate(name="analysis", allowed=2, window_seconds=HOUR_SECONDS)


def test_two_processes_share_one_limit() -> None:
    database, clock = InMemoryAccountDatabase(), FixedClock()
    first, second = RequestRates(database, clock), RequestRates(database, clock)
    assert (first.wait("ada", HOURLY), second.wait("ada", HOURLY), second.wait("bob", HOURLY)) == (0, 0, 0)
    first.exchange()
    second.exchange()
    first.exchange()
    assert second.wait("ada", HOURLY) == HOUR_SECONDS - clock.now().timestamp() % HOUR_SECONDS
    assert second.wait("bob", HOURLY) == 0


def test_a_running_window_is_kept_and_the_one_before_forgotten() -> None:
    database, clock = InMemoryAccountDatabase(), FixedClock()
    rates = RequestRates(database, clock)
    start = clock.now().replace(minute=0, second=0, microsecond=0)
    clock.moment = start
    assert [bool(rates.wait("ada", HOURLY)) for _ in range(3)] == [False, False, True]
    clock.moment = start + timedelta(hours=1, microseconds=-1)
    rates.tidy()
    assert rates.wait("ada", HOURLY) > 0
    clock.moment = start + timedelta(hours=1)
    assert rates.wait("ada", HOURLY) == 0


def test_too_many_counters_are_forgotten_rather_than_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_rates, "_MAX_COUNTERS", 3)
    rates = RequestRates(InMemoryAccountDatabase(), FixedClock())
    for name in ("ada", "ada", "bob", "carl"):
        assert rates.wait(name, HOURLY) == 0
    assert rates.wait("ada", HOURLY) > 0
    assert rates.wait("dora", HOURLY) == 0
    assert rates.wait("ada", HOURLY) == 0


def test_counters_of_attempts_are_kept_for_two_days() -> None:
    database, clock = InMemoryAccountDatabase(), FixedClock()
    now = clock.now()
    for name, age in (("old", timedelta(days=2, seconds=1)), ("new", timedelta(days=2))):
        database.records.attempts.save(name, name, Attempts(window_start=now - age, last_at=now - age))
    RequestRates(database, clock).tidy()
    assert set(database.records.attempts.rows) == {("new", "new")}


def test_windows_that_ended_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_rates, "_MAX_COUNTERS", 2)
    clock = FixedClock()
    rates = RequestRates(InMemoryAccountDatabase(), clock)
    rates.wait("ada", HOURLY)
    clock.moment += timedelta(hours=2)
    for name in ("bob", "bob", "carl"):
        assert rates.wait(name, HOURLY) == 0
    # Only the hour that ended was forgotten.
    assert rates.wait("bob", HOURLY) > 0
