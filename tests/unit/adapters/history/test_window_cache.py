"""What is remembered of a remote source: not past the hour, not past a writing, not without bound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.history.window_cache import EMPTY_SECONDS, LONGEST_HOURS, WindowCache, WindowKey
from domain.ports.metric_history import HistoryScope, HistoryWindow
from domain.series import LoadSeries, from_hour_slots

END = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = WindowKey(service_id="shop", metric_names=("avg_cpu",), end=END, hours=336)


def _series() -> LoadSeries:
    import numpy as np

    return from_hour_slots(END - timedelta(hours=1), np.ones(1), np.ones(1, bool))


FOUND = HistoryWindow(series={"avg_cpu": _series()}, scope=HistoryScope.SERVICE, digest="d")
EMPTY = HistoryWindow(series={}, scope=HistoryScope.SERVICE, digest="e")


@dataclass
class Time:
    """Both clocks, moved by hand."""

    moment: datetime = END - timedelta(minutes=30)
    seconds: float = 1000.0

    def passes(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


def cache_of(time: Time, fresh_seconds: float = 60.0, most_windows: int = 8) -> WindowCache:
    return WindowCache(
        now=lambda: time.moment, monotonic=lambda: time.seconds, fresh_seconds=fresh_seconds, most_windows=most_windows
    )


def test_a_window_is_answered_again_for_a_while() -> None:
    time = Time()
    cache = cache_of(time)
    cache.put(KEY, cache.begin(), FOUND)
    time.passes(59)
    assert cache.get(KEY) is FOUND
    time.passes(1)
    assert cache.get(KEY) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, service_id="bank"), replace(KEY, metric_names=("cpu",)), replace(KEY, hours=24),
        replace(KEY, end=END - timedelta(hours=1)),
    ],
)  # fmt: skip
def test_another_question_has_another_answer(other: WindowKey) -> None:
    cache = cache_of(Time())
    cache.put(KEY, cache.begin(), FOUND)
    assert cache.get(other) is None


def test_the_turn_of_the_hour_ends_it() -> None:
    """The hour in progress has become a whole one: what was read of it before is part of it only."""
    time = Time(moment=END - timedelta(seconds=10))
    cache = cache_of(time)
    cache.put(KEY, cache.begin(), FOUND)
    time.passes(9)
    assert cache.get(KEY) is FOUND
    time.passes(2)
    assert cache.get(KEY) is None


def test_an_answer_that_crosses_the_turn_of_the_hour_is_of_the_old_one() -> None:
    time = Time(moment=END - timedelta(seconds=1))
    cache = cache_of(time)
    begun = cache.begin()
    time.passes(2)
    cache.put(KEY, begun, FOUND)
    assert cache.get(KEY) is None


def test_a_clock_that_is_put_back_does_not_make_it_last() -> None:
    time = Time()
    cache = cache_of(time)
    cache.put(KEY, cache.begin(), FOUND)
    time.passes(61)
    time.moment -= timedelta(seconds=61)
    assert cache.get(KEY) is None


def test_after_a_writing_the_service_is_read_again_and_others_are_not() -> None:
    cache = cache_of(Time())
    other = replace(KEY, service_id="bank")
    for key in (KEY, other):
        cache.put(key, cache.begin(), FOUND)
    cache.forget("shop")
    assert cache.get(KEY) is None
    assert cache.get(other) is FOUND


def test_what_was_being_read_while_it_was_written_is_not_kept() -> None:
    cache = cache_of(Time())
    begun = cache.begin()
    cache.forget("shop")
    cache.put(KEY, begun, FOUND)
    assert cache.get(KEY) is None


def test_a_service_without_history_is_looked_for_again_soon() -> None:
    time = Time()
    cache = cache_of(time)
    cache.put(KEY, cache.begin(), EMPTY)
    assert cache.get(KEY) is EMPTY
    time.passes(EMPTY_SECONDS)
    assert cache.get(KEY) is None


def test_the_window_not_used_for_longest_is_dropped_first() -> None:
    cache = cache_of(Time(), most_windows=2)
    keys = [replace(KEY, service_id=name) for name in ("a", "b", "c")]
    for key in keys[:2]:
        cache.put(key, cache.begin(), FOUND)
    cache.get(keys[0])
    cache.put(keys[2], cache.begin(), FOUND)
    assert [cache.get(key) is FOUND for key in keys] == [True, False, True]


def test_a_very_long_window_is_not_kept() -> None:
    cache = cache_of(Time())
    long = replace(KEY, hours=LONGEST_HOURS + 1)
    cache.put(long, cache.begin(), FOUND)
    assert cache.get(long) is None


def test_nothing_is_kept_where_it_is_turned_off() -> None:
    cache = cache_of(Time(), fresh_seconds=0)
    cache.put(KEY, cache.begin(), FOUND)
    assert cache.get(KEY) is None
