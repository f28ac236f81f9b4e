"""The time of a measurement, read from text: strict, so that no other number is taken for a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from domain.samples import FIRST_YEAR, LAST_YEAR

EXAMPLE_TIME: Final = "2026-11-23T14:00:00Z"
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2}))?"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
FIRST_YEAR_US: Final = (datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND
END_US: Final = (datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC) - _EPOCH) // _MICROSECOND


class Zone(StrEnum):
    """How a time's zone was written."""

    UTC = "utc"
    NAIVE = "naive"
    OFFSET = "offset"


class TimeRefused(ValueError):
    """It is no time of a measurement; the message goes on from the text: "is not …"."""


def parse_time(text: str) -> tuple[int, Zone]:
    """Microseconds since 1970 UTC, from ISO 8601 date and time; without a zone it is read as UTC.

    Raises:
        TimeRefused: Not such a time, no such date or time, or outside the years 1970 to 2199.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise TimeRefused(f"is not a timestamp like {EXAMPLE_TIME}")
    year, month, day, hour, minute, second, fraction, zulu, sign, off_hours, off_minutes = found.groups()
    try:
        zone = _zone(sign, off_hours, off_minutes)
        micro = int((fraction or "0").ljust(6, "0")[:6])
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro, zone)
        time_us = (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        raise TimeRefused("is no date and time that exists") from None
    if not FIRST_YEAR_US <= time_us < END_US:
        raise TimeRefused(f"is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    if sign is not None:
        return time_us, (Zone.UTC if off_hours == off_minutes == "00" else Zone.OFFSET)
    return time_us, (Zone.UTC if zulu else Zone.NAIVE)


def _zone(sign: str | None, hours: str | None, minutes: str | None) -> timezone:
    if sign is None or hours is None or minutes is None:
        return UTC
    if int(minutes) > 59:
        raise ValueError("minutes of an offset end at 59")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)
