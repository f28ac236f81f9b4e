"""Reading the wide layout: one row per hour of the whole cluster, 84 columns, no dates and no services."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.history.header import read_header
from adapters.history.line_blocks import BLOCK_BYTES, LineBlock, read_blocks
from adapters.history.load_tally import SHOWN_LINES, LoadTally
from adapters.history.row_fields import NUMBER, RowRefused, parse_number, split_fields
from adapters.history.series_table import HOUR_US, Codes, Floats, Ints, Samples, SeriesTable, build_table
from domain.covariates import ALL_COLUMNS, RAW_COLUMNS
from domain.load_report import FileLayout, LoadReport, WarningKind
from domain.samples import MAX_MAGNITUDE
from domain.series import LoadSeries

MAX_OFFSET_HOURS: Final = 10_000_000
_HOUR_OF_DAY: Final = ALL_COLUMNS.index("hour_of_day")
_METRICS: Final = ALL_COLUMNS[1:]
_DAY_HOURS: Final = 24
_PLAIN_LINE: Final = re.compile(rb"(?:%b,){%d}%b" % (NUMBER.pattern, len(ALL_COLUMNS) - 1, NUMBER.pattern))
CLUSTER: Final = ""
"""The one "service" of a wide table."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WideTable:
    """The cluster's hours.

    Attributes:
        table: Every column but ``hour_offset``, by whole hours of ``hour_offset``.
        hours: Shape (m,): the hours that have at least one row, ascending.
        hour_of_day: Shape (m,): 0 to 23.
    """

    table: SeriesTable
    hours: Ints
    hour_of_day: Ints

    def cut(self, metric_name: str, end_hour: int, hours: int) -> LoadSeries | None:
        """The newest ``hours`` hours, stamped as if the file had been written for ``end_hour``.

        The file has no dates, so the window ends at its last row whose ``hour_of_day`` is that of the hour before
        ``end_hour``. A file too short to have one ends at its last row, stamped as the newest past hour of that kind.
        """
        wanted = (end_hour - 1) % _DAY_HOURS
        fitting = np.flatnonzero(self.hour_of_day == wanted)
        last = int(fitting[-1]) if fitting.size else self.hours.size - 1
        age = (wanted - int(self.hour_of_day[last])) % _DAY_HOURS
        stop = int(self.hours[last]) + 1
        return self.table.cut(CLUSTER, metric_name, stop, hours, stamp=end_hour - age - stop)


def load_wide_file(path: Path, block_bytes: int = BLOCK_BYTES) -> tuple[WideTable, LoadReport]:
    """Read and check a wide file; rows within the same whole hour are averaged.

    Raises:
        FileRefused: Empty, a header other than the 84 names, or no good data line.
        DataSourceUnavailable: It cannot be read.
    """
    tally = LoadTally(FileLayout.WIDE)
    blocks = read_blocks(path, block_bytes)
    rows: list[list[float]] = []
    numbers: list[int] = []
    read_wide_block(read_header(next(blocks, None), ALL_COLUMNS, tally), tally, rows, numbers)
    for block in blocks:
        read_wide_block(block, tally, rows, numbers)
    tally.refuse_if_nothing_is_left()
    matrix = _in_order(np.array(rows), np.array(numbers, dtype=np.int32), tally)
    return _build(matrix), tally.report(series=len(_METRICS))


def read_wide_block(block: LineBlock, tally: LoadTally, rows: list[list[float]], numbers: list[int]) -> None:
    """Take the block's good lines: append their 84 numbers to ``rows``, their line numbers to ``numbers``."""
    for number, raw in enumerate(block.text.split(b"\n")[:-1], block.first_line):
        line = raw.removesuffix(b"\r")
        if not line.strip():
            tally.warn(WarningKind.BLANK_LINE, (number,))
            continue
        tally.lines_read += 1
        try:
            row, warnings = _parse_line(line)
        except RowRefused as refused:
            tally.reject(number, refused.reason)
            continue
        rows.append(row)
        numbers.append(number)
        for kind in warnings:
            tally.warn(kind, (number,))


def _parse_line(line: bytes) -> tuple[list[float], tuple[WarningKind, ...]]:
    warnings: tuple[WarningKind, ...] = ()
    row = [float(text) for text in line.split(b",")] if _PLAIN_LINE.fullmatch(line) else []
    if not row or max(row) > MAX_MAGNITUDE or min(row) < -MAX_MAGNITUDE:
        fields, warnings = split_fields(line, len(ALL_COLUMNS))
        row = [parse_number(field, name) for field, name in zip(fields, ALL_COLUMNS, strict=True)]
    if not 0 <= row[0] <= MAX_OFFSET_HOURS:
        raise RowRefused(f"{ALL_COLUMNS[0]} must be from 0 to {MAX_OFFSET_HOURS}")
    if not (0 <= row[_HOUR_OF_DAY] < _DAY_HOURS and row[_HOUR_OF_DAY].is_integer()):
        raise RowRefused("hour_of_day must be a whole number from 0 to 23")
    if min(row[: len(RAW_COLUMNS)]) < 0:
        warnings = (*warnings, WarningKind.NEGATIVE_VALUE)
    return row, warnings


def _in_order(matrix: NDArray[np.float64], lines: Codes, tally: LoadTally) -> NDArray[np.float64]:
    """Rows sorted by ``hour_offset``, of equal offsets the last in the file."""
    offsets = matrix[:, 0]
    late = np.flatnonzero(offsets[1:] < offsets[:-1]) + 1
    if late.size:
        tally.warn(WarningKind.UNSORTED, lines[late[:SHOWN_LINES]].tolist(), int(late.size))
    order = np.argsort(offsets, kind="stable")
    ordered = offsets[order]
    overwritten = np.append(ordered[1:] == ordered[:-1], False)
    if overwritten.any():
        gone = np.sort(lines[order[overwritten]])
        tally.warn(WarningKind.DUPLICATE_TIMESTAMP, gone[:SHOWN_LINES].tolist(), int(gone.size))
    kept: NDArray[np.float64] = matrix[order[~overwritten]]
    return kept


def _build(matrix: NDArray[np.float64]) -> WideTable:
    size, width = matrix.shape[0], len(_METRICS)
    values: Floats = np.ascontiguousarray(matrix[:, 1:].T).reshape(-1)
    time_us = np.round(matrix[:, 0] * HOUR_US).astype(np.int64)
    samples = Samples(
        codes=np.repeat(np.arange(width, dtype=np.int32), size),
        time_us=np.tile(time_us, width),
        values=values,
        lines=np.zeros(size * width, dtype=np.int32),
    )
    hours, first = np.unique(np.floor_divide(time_us, HOUR_US), return_index=True)
    return WideTable(
        table=build_table(samples, [(CLUSTER, name) for name in _METRICS]),
        hours=hours,
        hour_of_day=matrix[first, _HOUR_OF_DAY].astype(np.int64),
    )
