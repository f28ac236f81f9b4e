"""Calendar columns, and finding the calendar of a file without dates."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.covariates import infer_origin
from domain.covariates.calendar import calendar_features
from domain.errors import InvalidData

STARTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(
    lambda moment: moment.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
)


def hours(n: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.arange(float(n))


@given(STARTS, st.integers(-100_000, 100_000))
def test_whole_columns_are_those_of_the_calendar(origin: datetime, offset: int) -> None:
    moment = origin + timedelta(hours=offset)
    found = calendar_features(np.asarray([float(offset)]), origin)[0, :3]
    assert found.tolist() == [moment.hour, moment.isoweekday() % 7, moment.day - 1]


def test_circular_columns_have_a_day_and_a_week_as_period() -> None:
    table = calendar_features(hours(24 * 7 + 1), datetime(2026, 11, 22, tzinfo=UTC))  # a Sunday
    assert table[6, 3:5] == pytest.approx([1, 0], abs=1e-12)
    assert table[0, 5:] == pytest.approx([0, 1])
    assert table[24, 5:] == pytest.approx([np.sin(2 * np.pi / 7), np.cos(2 * np.pi / 7)])
    assert np.array_equal(table[0, 3:], table[-1, 3:])


def test_an_origin_in_another_zone_counts_as_the_same_moment() -> None:
    seoul = datetime(2026, 9, 25, 9, tzinfo=timezone(timedelta(hours=9)))
    assert np.array_equal(
        calendar_features(hours(30), seoul), calendar_features(hours(30), datetime(2026, 9, 25, tzinfo=UTC))
    )


@pytest.mark.parametrize(
    "origin",
    [
        datetime(2026, 9, 25),
        datetime(2026, 9, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 9, 25, tzinfo=timezone(timedelta(minutes=30))),
    ],
)
def test_a_naive_or_broken_origin_is_refused(origin: datetime) -> None:
    with pytest.raises(ValueError, match="full hour"):
        calendar_features(hours(3), origin)


@pytest.mark.parametrize("offset", [np.nan, np.inf, 1e12])
def test_an_offset_no_calendar_reaches_is_refused(offset: float) -> None:
    with pytest.raises(InvalidData, match="hour_offset"):
        calendar_features(np.asarray([offset]), datetime(2026, 9, 25, tzinfo=UTC))


@settings(max_examples=25, deadline=None)
@given(STARTS, st.integers(0, 500), st.integers(1, 1500))
def test_a_file_without_dates_gets_a_calendar_that_repeats_its_columns(start: datetime, first: int, n: int) -> None:
    offsets = first + hours(n)
    columns = calendar_features(offsets, start)
    found = infer_origin(offsets, *columns[:, :3].T)
    assert np.array_equal(calendar_features(offsets, found), columns)


def test_columns_that_contradict_each_other_have_no_calendar() -> None:
    columns = calendar_features(hours(100), datetime(2026, 9, 25, tzinfo=UTC))[:, :3]
    columns[50, 1] += 1
    with pytest.raises(InvalidData, match="no date fits"):
        infer_origin(hours(100), *columns.T)


def test_an_hour_of_day_of_24_and_an_empty_file_are_refused() -> None:
    with pytest.raises(InvalidData, match="hour_of_day"):
        infer_origin(hours(1), np.asarray([24.0]), np.asarray([0.0]), np.asarray([0.0]))
    with pytest.raises(InvalidData, match="empty"):
        infer_origin(hours(0), hours(0), hours(0), hours(0))
