"""A long CSV file, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from adapters.history.header import read_header
from adapters.history.line_blocks import BLOCK_BYTES, LineBlock, read_blocks
from adapters.history.load_tally import LoadTally
from adapters.history.long_file import LongReader
from adapters.history.row_fields import LONG_COLUMNS
from domain.load_report import FileLayout
from domain.ports.history_file_reader import FilePart
from domain.samples import SampleBatch

MICROSECONDS: Final = 1_000_000


def read_long_parts(path: Path, block_bytes: int = BLOCK_BYTES) -> Iterator[FilePart]:
    """A part for each block; parts of a second are cut off its times.

    Raises:
        FileRefused: Empty, or a wrong header.
        DataSourceUnavailable: It cannot be read.
    """
    tally = LoadTally(FileLayout.LONG, most_rejections=block_bytes)
    reader = LongReader(tally)
    size = max(1, path.stat().st_size)
    read = 0
    for number, block in enumerate(read_blocks(path, block_bytes)):
        read += len(block.text)
        lines = read_header(block, LONG_COLUMNS, tally) if number == 0 else block
        if lines.text:
            yield _part(reader, tally, lines, read / size)
    if not read:
        read_header(None, LONG_COLUMNS, tally)


def _part(reader: LongReader, tally: LoadTally, block: LineBlock, done: float) -> FilePart:
    before = tally.lines_read
    reader.read_block(block)
    samples = reader.take_samples()
    rejections = tuple(sorted(tally.take_rejections(), key=lambda rejection: rejection.line))
    return FilePart(
        batch=SampleBatch(
            names=reader.names, codes=samples.codes, seconds=samples.time_us // MICROSECONDS, values=samples.values
        ),
        lines_read=tally.lines_read - before,
        rejections=rejections,
        done=min(1.0, done),
    )
