"""Which hours are forecast, and how old histories line up with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.series import HOUR, LoadSeries
from domain.timebase import align, first_forecast_hour

START = datetime(2026, 11, 23, 13, tzinfo=UTC)


def history(hours: int, end: datetime) -> LoadSeries:
    """Values that name their own hour of the week."""
    start = end - hours * HOUR
    marks = [(start + step * HOUR).weekday() * 24 + (start + step * HOUR).hour for step in range(hours)]
    return LoadSeries(start, np.array(marks, dtype=float), np.ones(hours, dtype=bool))


@pytest.mark.parametrize(
    ("stamp", "hour"),
    [("2026-11-23T12:00:00+00:00", 13), ("2026-11-23T12:59:59+00:00", 13), ("2026-11-23T13:00:00+00:00", 14)],
)
def test_the_first_hour_is_the_next_full_one(stamp: str, hour: int) -> None:
    assert first_forecast_hour(datetime.fromisoformat(stamp)) == datetime(2026, 11, 23, hour, tzinfo=UTC)


@pytest.mark.parametrize("age", [0, 1, 24])
def test_up_to_a_day_of_age_the_gap_is_left_for_the_forecaster(age: int) -> None:
    aligned = align(history(100, START - age * HOUR), START)
    assert (aligned.age_hours, aligned.is_shifted, aligned.series.end) == (age, False, START - age * HOUR)


@pytest.mark.parametrize("age", [25, 100, 168, 169, 5000])
def test_an_older_history_keeps_its_hour_and_weekday(age: int) -> None:
    aligned = align(history(336, START - age * HOUR), START)
    assert aligned.is_shifted
    assert aligned.age_hours == age
    assert aligned.series.end <= START
    moved = aligned.series
    marks = [
        (moved.start + step * HOUR).weekday() * 24 + (moved.start + step * HOUR).hour for step in range(len(moved))
    ]
    assert moved.values.tolist() == marks


def test_a_short_old_history_keeps_at_least_its_hour_of_day() -> None:
    aligned = align(history(30, START - 50 * HOUR), START)
    moved = aligned.series
    assert moved.observed_hours >= 24
    assert [int(mark) % 24 for mark in moved.values] == [(moved.start + step * HOUR).hour for step in range(len(moved))]


def test_a_handful_of_old_hours_is_never_lost_altogether() -> None:
    moved = align(history(2, START - 30 * HOUR), START).series
    assert moved.observed_hours > 0
    assert moved.end <= START + timedelta(0)
