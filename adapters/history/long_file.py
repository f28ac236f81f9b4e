"""Reading the long layout: ``service_id,metric_name,ts,value``, many services in one file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from adapters.history.columns import (
    PADDING,
    Bools,
    Lines,
    find_lines,
    group_keys,
    has_short_key,
    read_stamps,
)
from adapters.history.decimals import Floats, read_numbers
from adapters.history.header import read_header
from adapters.history.line_blocks import BLOCK_BYTES, LineBlock, read_blocks
from adapters.history.load_tally import SHOWN_LINES, LoadTally
from adapters.history.row_fields import (
    LONG_COLUMNS,
    NUMBER,
    RowRefused,
    parse_identifier,
    parse_row,
)
from adapters.history.series_table import Codes, Ints, Samples, SeriesTable, build_table, sort_samples
from domain.load_report import FileLayout, LoadReport, WarningKind
from domain.samples import MAX_MAGNITUDE

_UNREADABLE: Final = -1
_FIELD: Final = rb'(?:"([^",\r\n]*)"|([^",\r\n]*))'
_QUOTED_LINE: Final = re.compile(rb"(?m)^" + rb",".join([_FIELD] * len(LONG_COLUMNS)) + rb"(?=\r?$)")
_UNQUOTED_LINE: Final = rb"\1\2,\3\4,\5\6,\7\8"


def load_long_file(path: Path, block_bytes: int = BLOCK_BYTES) -> tuple[SeriesTable, LoadReport]:
    """Read, check, sort and average a long file.

    Args:
        path: The file.
        block_bytes: How much is worked on at once; the result does not depend on it.

    Raises:
        FileRefused: Empty, wrong header, or no good data line.
        DataSourceUnavailable: It cannot be read.
    """
    tally = LoadTally(FileLayout.LONG)
    reader = LongReader(tally)
    blocks = read_blocks(path, block_bytes)
    reader.read_block(read_header(next(blocks, None), LONG_COLUMNS, tally))
    for block in blocks:
        reader.read_block(block)
    tally.refuse_if_nothing_is_left()
    samples, disorder = sort_samples(reader.take_samples(), SHOWN_LINES)
    if disorder.unsorted:
        tally.warn(WarningKind.UNSORTED, disorder.unsorted_lines, disorder.unsorted)
    if disorder.duplicates:
        tally.warn(WarningKind.DUPLICATE_TIMESTAMP, disorder.duplicate_lines, disorder.duplicates)
    table = build_table(samples, reader.names)
    series = sum(len(metrics) for metrics in table.places.values())
    return table, tally.report(services=len(table.places), series=series)


def unquote(block: LineBlock) -> LineBlock:
    """Take off quotes that quote nothing (no comma, quote or line end inside): many programs quote every field."""
    if b'"' not in block.text:
        return block
    return LineBlock(text=_QUOTED_LINE.sub(_UNQUOTED_LINE, block.text), first_line=block.first_line)


@dataclass(slots=True, eq=False)
class _Columns:
    """One block's rows, a slot for each line; shape (n,)."""

    codes: Codes
    time_us: Ints
    values: Floats
    taken: Bools

    @classmethod
    def of(cls, size: int) -> _Columns:
        return cls(
            np.zeros(size, dtype=np.int32), np.zeros(size, dtype=np.int64), np.zeros(size), np.zeros(size, dtype=bool)
        )


@dataclass(slots=True)
class LongReader:
    """Turns blocks into samples.

    Attributes:
        tally: Told of each line.
        names: Service and metric of each code.
    """

    tally: LoadTally
    names: list[tuple[str, str]] = field(default_factory=list)
    _code_of_name: dict[tuple[str, str], int] = field(default_factory=dict)
    _code_of_key: dict[bytes, int] = field(default_factory=dict)
    _parts: list[Samples] = field(default_factory=list)

    def read_block(self, block: LineBlock) -> None:
        """Take the plain lines by the block, then the others one by one."""
        if not block.text:
            return
        block = unquote(block)
        padded = np.frombuffer(block.text + bytes(PADDING), dtype=np.uint8)
        lines = find_lines(padded)
        columns = _Columns.of(len(lines))
        self._read_plain(padded, block, lines, columns)
        self.tally.lines_read += len(lines)
        self._read_others(block, lines, columns)
        taken = np.flatnonzero(columns.taken)
        self._parts.append(
            Samples(
                codes=columns.codes[taken],
                time_us=columns.time_us[taken],
                values=columns.values[taken],
                lines=(taken + block.first_line).astype(np.int32),
            )
        )

    def take_samples(self) -> Samples:
        """All accepted rows in file order; the reader keeps none, so that memory is needed only once."""
        parts, self._parts = self._parts, []
        return Samples(
            codes=np.concatenate([part.codes for part in parts]),
            time_us=np.concatenate([part.time_us for part in parts]),
            values=np.concatenate([part.values for part in parts]),
            lines=np.concatenate([part.lines for part in parts]),
        )

    def _read_plain(self, padded: np.typing.NDArray[np.uint8], block: LineBlock, lines: Lines, out: _Columns) -> None:
        at = np.flatnonzero(has_short_key(lines))
        if not at.size:
            return
        first, second, third = lines.commas[:, at]
        del first
        stamps = read_stamps(padded, second + 1, third)
        values, exact = read_numbers(padded, third + 1, lines.stop[at])
        keys, which = group_keys(padded, lines.start[at], second)
        codes = np.array([self._code_of(key) for key in keys], dtype=np.int32)[which]
        plain = stamps.plain & (codes != _UNREADABLE)
        rest = np.flatnonzero(plain & ~exact)
        spans = zip((third[rest] + 1).tolist(), lines.stop[at[rest]].tolist(), strict=True)
        plain[rest], values[rest] = _read_one_by_one([block.text[start:stop] for start, stop in spans])
        out.codes[at], out.time_us[at], out.values[at], out.taken[at] = codes, stamps.time_us, values, plain
        self._warn(WarningKind.NAIVE_TIMESTAMP, at[plain & stamps.naive], block.first_line)
        self._warn(WarningKind.OFFSET_TIMESTAMP, at[plain & stamps.shifted], block.first_line)
        self._warn(WarningKind.NEGATIVE_VALUE, at[plain & (values < 0)], block.first_line)

    def _warn(self, kind: WarningKind, rows: Ints, first_line: int) -> None:
        if rows.size:
            self.tally.warn(kind, (rows[:SHOWN_LINES] + first_line).tolist(), int(rows.size))

    def _read_others(self, block: LineBlock, lines: Lines, out: _Columns) -> None:
        for row in np.flatnonzero(~out.taken).tolist():
            text, number = block.text[lines.start[row] : lines.stop[row]], block.first_line + row
            if not text.strip():
                self.tally.lines_read -= 1
                self.tally.warn(WarningKind.BLANK_LINE, (number,))
                continue
            try:
                found = parse_row(text)
            except RowRefused as refused:
                self.tally.reject(number, refused.reason, refused.service_id)
                continue
            out.codes[row] = self._code_of_pair(found.service_id, found.metric_name)
            out.time_us[row], out.values[row], out.taken[row] = found.time_us, found.value, True
            for kind in found.warnings:
                self.tally.warn(kind, (number,))

    def _code_of(self, key: bytes) -> int:
        """The code of ``service_id,metric_name`` as it stands in the file; -1 when that needs a careful look."""
        known = self._code_of_key.get(key)
        if known is None:
            known = self._code_of_key[key] = self._read_key(key)
        return known

    def _read_key(self, key: bytes) -> int:
        try:
            pair = key.decode("utf-8").split(",")
            service_id, metric_name = (parse_identifier(part, "name") for part in pair)
        except (UnicodeDecodeError, RowRefused):
            return _UNREADABLE
        if b'"' in key or service_id != service_id.strip() or metric_name != metric_name.strip():
            return _UNREADABLE
        return self._code_of_pair(service_id, metric_name)

    def _code_of_pair(self, service_id: str, metric_name: str) -> int:
        pair = (service_id, metric_name)
        code = self._code_of_name.get(pair)
        if code is None:
            code = self._code_of_name[pair] = len(self.names)
            self.names.append(pair)
        return code


def _read_one_by_one(texts: list[bytes]) -> tuple[list[bool], list[float]]:
    """Numbers that are not plain decimals, exponents above all: which are good, and their values."""
    good = [NUMBER.fullmatch(text) is not None for text in texts]
    values = [float(text) if fine else 0.0 for text, fine in zip(texts, good, strict=True)]
    in_range = [fine and abs(value) <= MAX_MAGNITUDE for value, fine in zip(values, good, strict=True)]
    return in_range, [value + 0.0 for value in values]
