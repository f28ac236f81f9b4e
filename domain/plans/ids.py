"""Identifiers that sort by time, in the layout of UUID version 7 (RFC 9562)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_RANDOM_BITS = 74
_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

RANDOM_BYTES = 10
LOWEST = bytes(RANDOM_BYTES)


def time_ordered_id(moment: datetime, random: bytes) -> str:
    """An id that sorts by the millisecond of ``moment``.

    Args:
        moment: Aware; before 1970 counts as 1970.
        random: 10 bytes; all zero gives the lowest id of the millisecond.
    """
    milliseconds = max((moment - _EPOCH) // _MILLISECOND, 0)
    tail = int.from_bytes(random[:RANDOM_BYTES]) & ((1 << _RANDOM_BITS) - 1)
    high, low = tail >> 62, tail & ((1 << 62) - 1)
    return str(UUID(int=(milliseconds << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low))


def lowest_id(moment: datetime) -> str:
    """The lowest id of the first millisecond at or after ``moment``: ids of earlier plans sort below it."""
    up = -((_EPOCH - moment) // _MILLISECOND)
    return time_ordered_id(_EPOCH + up * _MILLISECOND, LOWEST)


def is_id(text: str) -> bool:
    """Whether it has the form of such an id."""
    return _SHAPE.fullmatch(text) is not None
