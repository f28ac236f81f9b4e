"""Reading plain lines of the long layout by the block: NumPy on bytes, no Python per line.

A line is *plain* when everything about it is as files usually have it: three commas, short names, a timestamp
``YYYY-MM-DDTHH:MM:SS`` with ``Z``, ``±HH:MM`` or nothing, a decimal number. Each check is exact, so a plain line needs
no second look. Any other line, good or bad, is left to :mod:`adapters.history.row_fields`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.samples import FIRST_YEAR, LAST_YEAR, MAX_NAME_CHARACTERS

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

PADDING: Final = 512
"""Zero bytes that must follow a block, so that fixed-width reads never run over its end."""

_MAX_KEY_BYTES: Final = 2 * MAX_NAME_CHARACTERS + 1
_STAMP_BYTES: Final = 25
_NAIVE, _ZULU, _OFFSET = 19, 20, 25
_MONTHS: Final = np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR + 1}-02", dtype="datetime64[M]")
_MONTH_DAYS: Final = _MONTHS.astype("datetime64[D]").astype(np.int64)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(29)
_ZERO, _NINE = 48, 9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Where the lines of a block and their first three commas are; all of shape (n,).

    Attributes:
        start: Offset of the first byte of each line.
        stop: Offset after its last byte, line end (LF or CR LF) left out.
        commas: Shape (3, n); meaningless where ``regular`` is False.
        regular: Whether the line has exactly three commas and no NUL (which would look like padding).
    """

    start: Ints
    stop: Ints
    commas: Ints
    regular: Bools

    def __len__(self) -> int:
        return int(self.start.size)


def find_lines(block: Bytes) -> Lines:
    """Split a block of whole lines, padded with ``PADDING`` zero bytes."""
    ends = np.flatnonzero(block == ord("\n"))
    start = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1] + 1]) if ends.size else ends
    stop = ends - ((block[ends - 1] == ord("\r")) & (ends > start))
    commas = np.flatnonzero(block == ord(","))
    nulls = np.flatnonzero(block[:-PADDING] == 0)
    if commas.size == 3 * ends.size and not nulls.size:
        grid = commas.reshape(-1, 3)
        if bool(((grid[:, 0] >= start) & (grid[:, 2] < stop)).all()):
            return Lines(start=start, stop=stop, commas=grid.T.copy(), regular=np.ones(ends.size, dtype=bool))
    first = np.searchsorted(commas, start)
    regular = np.searchsorted(commas, stop) - first == 3
    regular[np.searchsorted(ends, nulls)] = False
    padded = np.concatenate([commas, np.zeros(3, dtype=np.int64)])
    grid = padded[np.minimum(first, commas.size)[None, :] + np.arange(3)[:, None]]
    return Lines(start=start, stop=stop, commas=grid, regular=regular)


def byte_windows(block: Bytes, offsets: Ints, width: int) -> Bytes:
    """``width`` bytes from each offset: shape (n, width). The block's items overlap, so this is one plain take."""
    overlapping = np.ndarray((block.size - width,), dtype=f"V{width}", buffer=block.data, strides=(1,))
    return overlapping[offsets].view(np.uint8).reshape(-1, width)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stamps:
    """Timestamps read: microseconds since 1970 UTC, and how each was written; all of shape (n,)."""

    time_us: Ints
    plain: Bools
    naive: Bools
    shifted: Bools


def read_stamps(block: Bytes, start: Ints, stop: Ints) -> Stamps:
    """Read the fields from ``start`` to ``stop`` (shape (n,)) as timestamps."""
    size = stop - start
    text = np.ascontiguousarray(byte_windows(block, start, _STAMP_BYTES).T)
    digit = text - _ZERO
    marks = (text[4] == ord("-")) & (text[7] == ord("-")) & (text[13] == ord(":")) & (text[16] == ord(":"))
    fine = marks & ((text[10] == ord("T")) | (text[10] == ord(" ")))
    fine &= digit[[0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18]].max(axis=0) <= _NINE

    def two(place: int) -> Ints:
        number: Ints = digit[place].astype(np.int64) * 10 + digit[place + 1]
        return number

    month_index = (two(0) * 100 + two(2) - FIRST_YEAR) * 12 + two(5) - 1
    month, day, hour, minute, second = two(5), two(8), two(11), two(14), two(17)
    fine &= (month >= 1) & (month <= 12) & (month_index >= 0) & (month_index < _MONTH_DAYS.size - 1)
    month_index[~fine] = 0
    fine &= (day >= 1) & (day <= _MONTH_DAYS[month_index + 1] - _MONTH_DAYS[month_index])
    fine &= (hour <= 23) & (minute <= 59) & (second <= 59)
    seconds = ((_MONTH_DAYS[month_index] + day - 1) * 24 + hour) * 3600 + minute * 60 + second

    naive, zulu, offset = size == _NAIVE, (size == _ZULU) & (text[19] == ord("Z")), size == _OFFSET
    shifted = np.zeros(size.size, dtype=bool)
    if offset.any():
        sign = np.where(text[19] == ord("+"), 1, np.where(text[19] == ord("-"), -1, 0))
        shift = (two(20) * 60 + two(23)) * 60 * sign
        offset &= (sign != 0) & (text[22] == ord(":")) & (digit[[20, 21, 23, 24]].max(axis=0) <= _NINE)
        offset &= (two(20) <= 23) & (two(23) <= 59)
        shifted = offset & (shift != 0)
        seconds = np.where(shifted, seconds - shift, seconds)
        fine &= (seconds >= 0) & (seconds < _MONTH_DAYS[-1] * 86_400)
    return Stamps(time_us=seconds * 1_000_000, plain=fine & (naive | zulu | offset), naive=naive, shifted=shifted)


def group_keys(block: Bytes, start: Ints, stop: Ints) -> tuple[list[bytes], Ints]:
    """The distinct byte strings among the fields from ``start`` to ``stop``, and which of them each line has.

    Lines are told apart by a 64-bit hash of their zero-padded bytes, and every line is then compared with the one that
    stands for its hash, so that a collision (by chance or by design) costs time but never mixes two names.
    """
    size = stop - start
    width = -(-int(max(1, size.max(initial=1))) // 8) * 8
    text = byte_windows(block, start, width)
    text &= _prefix_masks(width)[size]
    words = text.view(np.uint64)
    hashes = np.zeros(size.size, dtype=np.uint64)
    for column in range(width // 8):
        hashes = (hashes ^ words[:, column]) * _MIX
        hashes ^= hashes >> _SHIFT
    _, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    if not bool((words == words[first[which]]).all()):
        _, first, which = np.unique(words, axis=0, return_index=True, return_inverse=True)
    # NumPy strips the padding from items of kind S; no field holds a NUL of its own (see ``find_lines``).
    keys: list[bytes] = text[first].view(f"S{width}").reshape(-1).tolist()
    return keys, which.reshape(-1).astype(np.int64)


def _prefix_masks(width: int) -> Bytes:
    """Row k keeps the first k of ``width`` bytes."""
    return np.where(np.arange(width)[None, :] < np.arange(width + 1)[:, None], 255, 0).astype(np.uint8)


def has_short_key(lines: Lines) -> Bools:
    """Where service and metric are short enough to be read by the block; shape (n,)."""
    short: Bools = lines.commas[1] - lines.start <= _MAX_KEY_BYTES
    return lines.regular & short
