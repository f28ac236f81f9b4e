"""One line of a history file, read with care: every refusal has its reason.

This path takes only lines that :mod:`adapters.history.columns` cannot vouch for, so it may be slow, and it decides
alone what is good. What Python's own parsers let through is refused here: ``float`` takes ``1_000``, ``٣`` and
``nan``; ``csv`` passes NUL and byte order marks.
"""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from typing import Final

from domain.load_report import WarningKind
from domain.sample_time import END_US, TimeRefused, Zone, parse_time
from domain.samples import MAX_MAGNITUDE, name_fault

LONG_COLUMNS: Final = ("service_id", "metric_name", "ts", "value")
MAX_LINE_BYTES: Final = 65_536
END_SECONDS: Final = END_US // 1_000_000

NUMBER: Final = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_NOT_FINITE: Final = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_ZONE_WARNINGS: Final[dict[Zone, tuple[WarningKind, ...]]] = {
    Zone.UTC: (),
    Zone.NAIVE: (WarningKind.NAIVE_TIMESTAMP,),
    Zone.OFFSET: (WarningKind.OFFSET_TIMESTAMP,),
}
_SHOWN_CHARACTERS: Final = 40


class RowRefused(Exception):
    """A line is not taken; the message is the reason."""

    def __init__(self, reason: str, service_id: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.service_id = service_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A good line of the long layout; ``time_us`` is in microseconds since 1970, UTC."""

    service_id: str
    metric_name: str
    time_us: int
    value: float
    warnings: tuple[WarningKind, ...]


def parse_row(line: bytes) -> Row:
    """Read one line of the long layout, without its line end.

    Raises:
        RowRefused: The line is not good.
    """
    fields, warnings = split_fields(line, len(LONG_COLUMNS))
    service_id = parse_identifier(fields[0], "service_id")
    try:
        metric_name = parse_identifier(fields[1], "metric_name")
        time_us, zone_warnings = parse_timestamp(fields[2])
        value = parse_number(fields[3], "value")
    except RowRefused as refused:
        raise RowRefused(refused.reason, service_id) from None
    negative = (WarningKind.NEGATIVE_VALUE,) if value < 0 else ()
    return Row(
        service_id=service_id,
        metric_name=metric_name,
        time_us=time_us,
        value=value,
        warnings=(*warnings, *zone_warnings, *negative),
    )


def split_fields(line: bytes, expected: int) -> tuple[list[str], tuple[WarningKind, ...]]:
    """Decode a line and split it at its commas; quoted fields may hold commas, but no line breaks.

    Raises:
        RowRefused: Too long, not UTF-8, NUL or byte order mark inside, broken quotes, or not ``expected`` fields.
    """
    if len(line) > MAX_LINE_BYTES:
        raise RowRefused(f"the line is longer than {MAX_LINE_BYTES} bytes")
    if b"\0" in line:
        raise RowRefused("the line holds a NUL byte")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowRefused(f"the line is not UTF-8 (byte {error.start + 1} of the line)") from None
    if "\ufeff" in text:
        raise RowRefused("the line holds a byte order mark; it may only stand at the start of the file")
    if "\r" in text:
        raise RowRefused("the line holds a carriage return that does not end it")
    raw, blanks_skipped = _split_quoted(text) if '"' in text else (text.split(","), False)
    if len(raw) != expected:
        raise RowRefused(f"the line has {len(raw)} fields, {expected} are expected")
    fields = [field.strip(" \t") for field in raw]
    return fields, ((WarningKind.BLANKS_TRIMMED,) if blanks_skipped or fields != raw else ())


def _split_quoted(text: str) -> tuple[list[str], bool]:
    """The fields, and whether a blank before one was skipped (it must be, where a quoted field follows it)."""
    try:
        fields = next(csv.reader([text], strict=True, skipinitialspace=True))
        return fields, fields != next(csv.reader([text], skipinitialspace=False))
    except csv.Error:
        raise RowRefused("a quoted field is not closed on its line, or goes on after its closing quote") from None


def parse_identifier(text: str, column: str) -> str:
    """A service's or metric's name.

    Raises:
        RowRefused: Empty, too long, or with control or invisible characters.
    """
    fault = name_fault(text)
    if fault:
        raise RowRefused(f"{column} {fault}")
    return text


def parse_timestamp(text: str) -> tuple[int, tuple[WarningKind, ...]]:
    """Microseconds since 1970 UTC, from ISO 8601 date and time; without a zone it is read as UTC.

    Raises:
        RowRefused: Not such a timestamp, no such date or time, or outside the years 1970 to 2199.
    """
    try:
        time_us, zone = parse_time(text)
    except TimeRefused as refused:
        raise RowRefused(f"ts {shown(text)} {refused}") from None
    return time_us, _ZONE_WARNINGS[zone]


def parse_number(text: str, column: str) -> float:
    """A finite number in plain ASCII: digits, one point, an exponent.

    Raises:
        RowRefused: Empty, not a number, not finite, or beyond ±1e18 (sums of such values would lose all meaning).
    """
    if not text:
        raise RowRefused(f"{column} is empty")
    if _NOT_FINITE.fullmatch(text):
        raise RowRefused(f"{column} {shown(text)} is not finite")
    if not NUMBER.fullmatch(text.encode()):
        raise RowRefused(f"{column} {shown(text)} is not a number in plain digits such as 0.31")
    value = float(text)
    if not math.isfinite(value) or abs(value) > MAX_MAGNITUDE:
        raise RowRefused(f"{column} {shown(text)} is beyond {MAX_MAGNITUDE:g}")
    return value + 0.0


def shown(text: str) -> str:
    """A field as it may appear in a message: ASCII only, quoted, cut when long."""
    clipped = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
    return ascii(clipped)
