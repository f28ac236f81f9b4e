"""When somebody who guesses may try again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.identity.limits import Attempts, Limit, counted, delay_after, wait_seconds
from tests.fakes.people import NOW

SECOND = timedelta(seconds=1)
THREE_A_MINUTE = Limit(kind="try", allowed=3, window=timedelta(minutes=1))


def tried(times: int, *, apart: timedelta = timedelta(0), limit: Limit = THREE_A_MINUTE) -> Attempts:
    """A counter after so many attempts."""
    known = None
    for number in range(times):
        known = counted(known, limit, NOW + number * apart)
    assert known is not None
    return known


def test_the_first_attempt_begins_a_window_and_a_row() -> None:
    assert counted(None, THREE_A_MINUTE, NOW) == Attempts(window_start=NOW, count=1, in_a_row=1, last_at=NOW)


def test_attempts_in_a_window_add_up() -> None:
    assert tried(3, apart=SECOND) == Attempts(window_start=NOW, count=3, in_a_row=3, last_at=NOW + 2 * SECOND)


def test_the_next_window_counts_anew_and_the_row_goes_on() -> None:
    later = NOW + timedelta(minutes=1)
    assert counted(tried(3), THREE_A_MINUTE, later) == Attempts(window_start=later, count=1, in_a_row=4, last_at=later)
    just_before = later - timedelta(microseconds=1)
    assert counted(tried(3), THREE_A_MINUTE, just_before).count == 4


def test_nobody_waits_who_tried_nothing() -> None:
    assert wait_seconds(None, THREE_A_MINUTE, NOW) == 0


@pytest.mark.parametrize(("times", "wait"), [(1, 0), (2, 0), (3, 60), (4, 60)])
def test_who_reached_the_limit_waits_for_the_end_of_the_window(times: int, wait: float) -> None:
    assert wait_seconds(tried(times), THREE_A_MINUTE, NOW) == wait
    assert wait_seconds(tried(times), THREE_A_MINUTE, NOW + 20 * SECOND) == max(0, wait - 20)
    assert wait_seconds(tried(times), THREE_A_MINUTE, NOW + 60 * SECOND) == 0


@pytest.mark.parametrize(
    ("in_a_row", "seconds"),
    [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (14, 512), (15, 900), (16, 900), (100, 900), (10_000, 900)],
)
def test_the_delay_doubles_up_to_a_quarter_of_an_hour(in_a_row: int, seconds: int) -> None:
    assert delay_after(in_a_row) == timedelta(seconds=seconds)


def test_a_row_of_failures_delays_only_where_it_should() -> None:
    known = Attempts(window_start=NOW, count=1, in_a_row=8, last_at=NOW)
    assert wait_seconds(known, THREE_A_MINUTE, NOW + SECOND) == 0
    assert wait_seconds(known, THREE_A_MINUTE, NOW + SECOND, delayed=True) == 7
    assert wait_seconds(known, THREE_A_MINUTE, NOW + 8 * SECOND, delayed=True) == 0
    assert wait_seconds(known, THREE_A_MINUTE, NOW + 9 * SECOND, delayed=True) == 0
    unknown = Attempts(window_start=NOW, count=1, in_a_row=8)
    assert wait_seconds(unknown, THREE_A_MINUTE, NOW, delayed=True) == 0


def test_the_longer_wait_counts() -> None:
    known = Attempts(window_start=NOW, count=3, in_a_row=6, last_at=NOW)
    assert wait_seconds(known, THREE_A_MINUTE, NOW, delayed=True) == 60
    assert wait_seconds(known, THREE_A_MINUTE, NOW + 59 * SECOND, delayed=True) == 1
    row = Attempts(window_start=NOW, count=3, in_a_row=12, last_at=NOW)
    assert wait_seconds(row, THREE_A_MINUTE, NOW, delayed=True) == 128


def test_a_clock_set_back_locks_nobody_out_for_longer_than_the_limit_would() -> None:
    known = tried(3)
    assert wait_seconds(known, THREE_A_MINUTE, NOW - timedelta(days=1)) == 0
    assert wait_seconds(known, THREE_A_MINUTE, NOW - 50 * SECOND) == 110
    row = Attempts(window_start=NOW, count=1, in_a_row=99, last_at=NOW)
    assert wait_seconds(row, THREE_A_MINUTE, NOW - timedelta(days=1), delayed=True) == 900
    hourly = Limit(kind="try", allowed=1, window=timedelta(hours=1))
    assert wait_seconds(tried(1, limit=hourly), hourly, NOW - timedelta(minutes=59)) == 3_600
