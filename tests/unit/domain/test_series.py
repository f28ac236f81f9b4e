"""Hourly series: gaps, padding, duplicates and sub-hourly samples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.series import HOUR, LoadSeries, aggregate_to_hours, empty_series, floor_hour, from_hour_slots

START = datetime(2026, 11, 23, tzinfo=UTC)


def series(values: list[float], observed: list[bool] | None = None) -> LoadSeries:
    """A series from START."""
    seen = np.ones(len(values), dtype=bool) if observed is None else np.array(observed, dtype=bool)
    return LoadSeries(START, np.array(values, dtype=float), seen)


def test_padding_repeats_the_oldest_value_and_is_not_observed() -> None:
    padded = series([5.0, 6.0]).padded(4)
    assert padded.values.tolist() == [5.0, 5.0, 5.0, 6.0]
    assert (padded.observed_hours, padded.start, padded.end) == (2, START - 2 * HOUR, START + 2 * HOUR)
    assert padded.observed_values.tolist() == [5.0, 6.0]


def test_padding_an_exact_or_longer_series_keeps_the_newest_hours() -> None:
    assert series([1.0, 2.0, 3.0]).padded(2).values.tolist() == [2.0, 3.0]
    assert series([1.0, 2.0]).padded(2).observed_hours == 2


def test_an_empty_series_pads_to_zeros_nobody_observed() -> None:
    padded = empty_series(START).padded(3)
    assert (padded.values.tolist(), padded.observed_hours) == ([0.0, 0.0, 0.0], 0)


def test_inner_gaps_are_forward_filled_and_ends_cut() -> None:
    filled = from_hour_slots(START, np.array([9, 1, 9, 9, 4, 9.0]), np.array([0, 1, 0, 0, 1, 0], dtype=bool))
    assert filled.values.tolist() == [1.0, 1.0, 1.0, 4.0]
    assert filled.observed.tolist() == [True, False, False, True]
    assert filled.start == START + HOUR


def test_sub_hourly_samples_are_averaged_and_their_maximum_kept() -> None:
    samples = [(START, 1.0), (START + timedelta(minutes=30), 3.0), (START + 2 * HOUR, 7.0)]
    hours = aggregate_to_hours(samples)
    assert hours.mean.values.tolist() == [2.0, 2.0, 7.0]
    assert hours.maximum.values.tolist() == [3.0, 3.0, 7.0]
    assert hours.sub_hourly
    assert hours.mean.observed.tolist() == [True, False, True]


def test_of_duplicate_times_the_last_wins_and_is_counted() -> None:
    hours = aggregate_to_hours([(START, 1.0), (START + HOUR, 5.0), (START, 2.0)])
    assert hours.mean.values.tolist() == [2.0, 5.0]
    assert (hours.duplicates, hours.sub_hourly) == (1, False)


def test_times_of_other_zones_fall_into_utc_hours() -> None:
    seoul = timezone(timedelta(hours=9))
    assert aggregate_to_hours([(datetime(2026, 11, 23, 9, tzinfo=seoul), 1.0)]).mean.start == START
    assert floor_hour(datetime(2026, 11, 23, 0, 59)) == START


def test_cutting_and_moving() -> None:
    day = series([1.0, 2.0, 3.0])
    assert day.before(START + 2 * HOUR).values.tolist() == [1.0, 2.0]
    assert len(day.before(START - HOUR)) == 0
    assert day.shifted(timedelta(days=7)).start == START + timedelta(days=7)
    assert day.last(2).start == START + HOUR


@pytest.mark.parametrize(
    ("start", "values", "observed"),
    [
        (START, np.array([np.nan]), np.array([True])),
        (START, np.array([np.inf]), np.array([True])),
        (START, np.zeros((2, 2)), np.ones((2, 2), dtype=bool)),
        (START, np.zeros(2), np.ones(1, dtype=bool)),
        (START + timedelta(minutes=1), np.zeros(1), np.ones(1, dtype=bool)),
        (START.replace(tzinfo=None), np.zeros(1), np.ones(1, dtype=bool)),
    ],
)
def test_a_broken_series_cannot_exist(start: datetime, values: np.ndarray, observed: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"start|values|finite"):
        LoadSeries(start, values, observed)


def test_values_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        series([1.0]).values[0] = 2.0


_SAMPLES = st.lists(st.tuples(st.integers(0, 60 * 24 * 9), st.floats(-1e6, 1e6)), min_size=1, max_size=40)


@given(_SAMPLES)
def test_hours_hold_the_mean_of_their_distinct_samples(samples: list[tuple[int, float]]) -> None:
    hours = aggregate_to_hours([(START + timedelta(minutes=minute), value) for minute, value in samples]).mean
    by_hour: dict[int, list[float]] = {}
    for minute, value in dict(samples).items():
        by_hour.setdefault(minute // 60, []).append(value)
    assert hours.observed_hours == len(by_hour)
    for hour, values in by_hour.items():
        position = int((START + hour * HOUR - hours.start) / HOUR)
        assert hours.values[position] == pytest.approx(sum(values) / len(values), abs=1e-6)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.integers(1, 60))
def test_padding_never_changes_what_was_observed(values: list[float], hours: int) -> None:
    padded = series(values).padded(hours)
    assert len(padded) == hours
    assert padded.observed_values.tolist() == values[-hours:]
    assert padded.end == series(values).end
