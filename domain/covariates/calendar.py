"""Calendar columns: hour, weekday and day of month of each row, and their circular forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidData

Floats = NDArray[np.float64]

MAX_ABS_OFFSET: Final = 10_000_000
_EPOCH_WEEKDAY_FROM_SUNDAY: Final = 4  # 1 January 1970 was a Thursday
_SEARCH_FROM: Final = datetime(2011, 1, 1, tzinfo=UTC)
_SEARCH_DAYS: Final = 28 * 366  # weekdays and leap years repeat every 28 years between 1901 and 2099


def calendar_features(hour_offset: Floats, origin: datetime) -> Floats:
    """Compute the seven calendar columns.

    Args:
        hour_offset: Shape (n,), hours since ``origin``; fractions of an hour count as the hour they lie in.
        origin: The moment of offset 0, aware, a full hour in UTC.

    Returns:
        Shape (n, 7): hour_of_day 0 to 23, day_of_week 0 (Sunday) to 6 (Saturday), day_of_month from 0, and
        hour_sin, hour_cos (period 24 h), day_sin, day_cos (period 7 days).

    Raises:
        InvalidData: An offset is not finite or further than ten million hours from 0.
        ValueError: ``origin`` is naive or not a full hour.
    """
    hour_of_day, day_of_week, day_of_month = _whole_parts(hour_offset, _start_hour(origin))
    hour_angle = 2 * np.pi * hour_of_day / 24
    day_angle = 2 * np.pi * day_of_week / 7
    circular = (np.sin(hour_angle), np.cos(hour_angle), np.sin(day_angle), np.cos(day_angle))
    return np.column_stack([hour_of_day, day_of_week, day_of_month, *circular]).astype(np.float64)


def infer_origin(hour_offset: Floats, hour_of_day: Floats, day_of_week: Floats, day_of_month: Floats) -> datetime:
    """Find a moment of offset 0 that gives exactly these calendar columns.

    A file in the wide layout carries no dates. The first matching day from 2011 on is taken, so the year means
    nothing, but weekdays, days of the month and the length of the months continue as the file has them.

    Args:
        hour_offset: Shape (n,), n ≥ 1, as in the file.
        hour_of_day: Shape (n,), 0 to 23.
        day_of_week: Shape (n,), 0 is Sunday.
        day_of_month: Shape (n,), from 0.

    Raises:
        InvalidData: No date fits, so the columns contradict each other.
    """
    if not hour_offset.size:
        raise InvalidData("the calendar columns are empty, at least one row is needed")
    _check_offsets(hour_offset)
    wanted = tuple(np.asarray(part) for part in (hour_of_day, day_of_week, day_of_month))
    if not 0 <= wanted[0][0] <= 23:
        raise InvalidData(f"hour_of_day must be 0 to 23, got {wanted[0][0]}")
    lead = timedelta(hours=int(np.floor(hour_offset[0])))
    first_hour = timedelta(hours=int(wanted[0][0]))
    for day in range(_SEARCH_DAYS):
        first = _SEARCH_FROM + timedelta(days=day) + first_hour
        if first.isoweekday() % 7 != wanted[1][0] or first.day - 1 != wanted[2][0]:
            continue
        origin = first - lead
        given = _whole_parts(hour_offset, _start_hour(origin))
        if all(np.array_equal(ours, theirs) for ours, theirs in zip(given, wanted, strict=True)):
            return origin
    raise InvalidData(
        "no date fits hour_of_day, day_of_week (0 is Sunday) and day_of_month (from 0) of this file; "
        "check that its rows are consecutive hours"
    )


def _start_hour(origin: datetime) -> np.datetime64:
    utc = None if origin.tzinfo is None else origin.astimezone(UTC)
    if utc is None or utc.minute or utc.second or utc.microsecond:
        raise ValueError(f"origin must be aware and a full hour in UTC, got {origin!r}")
    return np.datetime64(utc.replace(tzinfo=None), "h")


def _check_offsets(hour_offset: Floats) -> None:
    if not (np.isfinite(hour_offset).all() and (np.abs(hour_offset) <= MAX_ABS_OFFSET).all()):
        raise InvalidData(f"hour_offset must be finite and within ±{MAX_ABS_OFFSET} hours")


def _whole_parts(hour_offset: Floats, start: np.datetime64) -> tuple[NDArray[np.int64], ...]:
    _check_offsets(hour_offset)
    hours = start + np.floor(hour_offset).astype("timedelta64[h]")
    days = hours.astype("datetime64[D]")
    since_epoch = days.astype(np.int64)
    month_start = hours.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    hour_of_day = hours.astype(np.int64) % 24
    return hour_of_day, (since_epoch + _EPOCH_WEEKDAY_FROM_SUNDAY) % 7, since_epoch - month_start
