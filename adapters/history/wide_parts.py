"""A wide CSV file as the measured columns of one service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from adapters.history.header import read_header
from adapters.history.line_blocks import BLOCK_BYTES, LineBlock, read_blocks
from adapters.history.load_tally import LoadTally
from adapters.history.row_fields import END_SECONDS
from adapters.history.wide_file import read_wide_block
from domain.covariates import ALL_COLUMNS
from domain.covariates.layout import OBSERVED_COLUMNS, TARGET_COLUMN
from domain.load_report import FileLayout, Rejection
from domain.ports.history_file_reader import FilePart, WideFileOwner
from domain.samples import SampleBatch
from domain.series import HOUR_SECONDS

METRICS: Final = (TARGET_COLUMN, *OBSERVED_COLUMNS)
"""What was measured; the other columns are computed from these and from the clock."""
_PLACES: Final = [ALL_COLUMNS.index(name) for name in METRICS]


def read_wide_parts(path: Path, owner: WideFileOwner, block_bytes: int = BLOCK_BYTES) -> Iterator[FilePart]:
    """A part for each block.

    Raises:
        FileRefused: Empty, or a wrong header.
        DataSourceUnavailable: It cannot be read.
    """
    tally = LoadTally(FileLayout.WIDE, most_rejections=block_bytes)
    size = max(1, path.stat().st_size)
    read = 0
    for number, block in enumerate(read_blocks(path, block_bytes)):
        read += len(block.text)
        lines = read_header(block, ALL_COLUMNS, tally) if number == 0 else block
        if lines.text:
            yield _part(owner, tally, lines, read / size)
    if not read:
        read_header(None, ALL_COLUMNS, tally)


def _part(owner: WideFileOwner, tally: LoadTally, block: LineBlock, done: float) -> FilePart:
    before = tally.lines_read
    rows: list[list[float]] = []
    numbers: list[int] = []
    read_wide_block(block, tally, rows, numbers)
    late = _seconds(owner, rows) >= END_SECONDS
    for row in np.flatnonzero(late).tolist():
        tally.reject(numbers[row], "the start and hour_offset give a time beyond the year 2199")
    kept = [row for row, gone in zip(rows, late.tolist(), strict=True) if not gone]
    return FilePart(
        batch=_batch(owner, kept),
        lines_read=tally.lines_read - before,
        rejections=_in_order(tally.take_rejections()),
        done=min(1.0, done),
    )


def _in_order(rejections: list[Rejection]) -> tuple[Rejection, ...]:
    return tuple(sorted(rejections, key=lambda rejection: rejection.line))


def _seconds(owner: WideFileOwner, rows: list[list[float]]) -> np.typing.NDArray[np.int64]:
    offsets = np.array([row[0] for row in rows], dtype=np.float64)
    return int(owner.start.timestamp()) + np.floor(offsets * HOUR_SECONDS).astype(np.int64)


def _batch(owner: WideFileOwner, rows: list[list[float]]) -> SampleBatch:
    """Row after row, so that of two rows of the same hour the later one counts."""
    matrix = np.array(rows, dtype=np.float64).reshape(len(rows), len(ALL_COLUMNS))[:, _PLACES]
    return SampleBatch(
        names=[(owner.service_id, name) for name in METRICS],
        codes=np.tile(np.arange(len(METRICS), dtype=np.int32), len(rows)),
        seconds=np.repeat(_seconds(owner, rows), len(METRICS)),
        values=matrix.reshape(-1),
    )
