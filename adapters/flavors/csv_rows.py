"""Reading a flavor catalogue file: every row checked, every fault located."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from domain.errors import ConfigurationError, InvalidData
from domain.flavors import ARCHITECTURES, FAMILIES, GENERIC_PROVIDER, Flavor

COLUMNS = (
    "provider", "flavor", "family", "arch", "vcpus", "memory_gib", "region",
    "price_usd_per_hour", "spot_usd_per_hour", "source", "as_of",
)  # fmt: skip
MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 100_000
_FAULTS_SHOWN = 20
_FOUND_SHOWN = 40

Key = tuple[str, str, str]

# float() and Decimal() take 1_000, Arabic digits, nan and 1e9; a price list has none of these on purpose.
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,12})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PROVIDER = re.compile(r"[a-z][a-z0-9_-]{0,63}")
# Beginning with a letter or digit keeps a name from being read as a formula by a spreadsheet.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFault:
    """One thing wrong with a catalogue file.

    Attributes:
        line: Line in the file, from 1.
        column: Name of the column, or None when the whole line is meant.
        expected: What would have been accepted.
        found: What is there.
    """

    line: int
    column: str | None
    expected: str
    found: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        shown = self.found if len(self.found) <= _FOUND_SHOWN else self.found[:_FOUND_SHOWN] + "…"
        return f"{where}: expected {self.expected}, found {shown!r}"


class _Unaccepted(ValueError):
    """A field is not what its column expects; the message says what it does."""


def read_flavors(path: Path, label: str) -> dict[Key, Flavor]:
    """The rows of a catalogue file by (provider, flavor, region).

    Args:
        path: CSV file, UTF-8, with exactly the header ``COLUMNS``.
        label: What the file is to the operator (a setting's name), for messages, which never hold the path.

    Raises:
        ConfigurationError: The file cannot be read.
        InvalidData: The file breaks the format; the message lists line, column and what was expected.
    """
    text = _decode(_read(path, label), f"{label} ({path.name})")
    rows: dict[Key, Flavor] = {}
    lines: dict[Key, int] = {}
    faults: list[CatalogFault] = []
    for line, found in _parse(text, faults):
        key = found.provider, found.name, found.region
        if key in rows:
            expected = f"one row per provider, flavor and region (the other is on line {lines[key]})"
            faults.append(CatalogFault(line=line, column="flavor", expected=expected, found=found.name))
        else:
            rows[key], lines[key] = found, line
    if not rows and not faults:
        faults.append(CatalogFault(line=2, column=None, expected="at least one flavor", found=""))
    if faults:
        raise InvalidData(f"{label} ({path.name}): {_listed(faults)}")
    return rows


def _read(path: Path, label: str) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{label}: {path.name} is not a file")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ConfigurationError(f"{label}: {path.name} has {size} bytes, at most {MAX_BYTES} are read")
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{label}: {path.name} cannot be read: {error.strerror}") from error


def _decode(raw: bytes, name: str) -> str:
    """UTF-8, with or without the byte-order mark that spreadsheets write; no NUL."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidData(f"{name}: line {line}: expected text in UTF-8") from error
    before, nul, _ = text.partition("\0")
    if nul:
        line = before.count("\n") + 1
        raise InvalidData(f"{name}: line {line}: expected text, found a NUL character")
    return text


def _parse(text: str, faults: list[CatalogFault]) -> Iterator[tuple[int, Flavor]]:
    """Good rows with their line; what is wrong goes to ``faults``."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            expected = f"the header {','.join(COLUMNS)}"
            faults.append(CatalogFault(line=1, column=None, expected=expected, found=",".join(header)))
            return
        line = reader.line_num + 1
        for count, cells in enumerate(reader):
            if count == MAX_ROWS:
                faults.append(CatalogFault(line=line, column=None, expected=f"at most {MAX_ROWS} rows", found="more"))
                return
            flavor = _flavor(cells, line, faults) if cells else None
            if flavor is not None:
                yield line, flavor
            line = reader.line_num + 1
    except csv.Error as error:
        faults.append(CatalogFault(line=line, column=None, expected="well-formed CSV", found=str(error)))


def _flavor(cells: list[str], line: int, faults: list[CatalogFault]) -> Flavor | None:
    if len(cells) != len(COLUMNS):
        expected = f"{len(COLUMNS)} fields"
        faults.append(CatalogFault(line=line, column=None, expected=expected, found=f"{len(cells)} fields"))
        return None
    row = dict(zip(COLUMNS, cells, strict=True))
    bad = [fault for column in COLUMNS for fault in _check(line, column, row[column])]
    faults.extend(bad)
    return None if bad else _build(row)


def _check(line: int, column: str, found: str) -> Iterator[CatalogFault]:
    try:
        _READERS[column](found)
    except _Unaccepted as error:
        yield CatalogFault(line=line, column=column, expected=str(error), found=found)


def _build(row: Mapping[str, str]) -> Flavor:
    return Flavor(
        provider=row["provider"], name=row["flavor"], family=row["family"], arch=row["arch"],
        vcpus=float(row["vcpus"]), memory_gib=float(row["memory_gib"]), region=row["region"],
        price_usd_per_hour=_price(row["price_usd_per_hour"]), spot_usd_per_hour=_price(row["spot_usd_per_hour"]),
        source=row["source"], as_of=_day(row["as_of"]),
    )  # fmt: skip


def _provider(found: str) -> str:
    if found == GENERIC_PROVIDER:
        raise _Unaccepted(f"a provider other than {GENERIC_PROVIDER}, which is built in")
    if not _PROVIDER.fullmatch(found):
        raise _Unaccepted("a name of lower-case letters, digits, - and _, beginning with a letter")
    return found


def _name(found: str) -> str:
    if not _NAME.fullmatch(found):
        raise _Unaccepted("1 to 128 letters, digits and . _ : / + -, beginning with a letter or digit")
    return found


def _choice(*allowed: str) -> Callable[[str], str]:
    def read(found: str) -> str:
        if found not in allowed:
            raise _Unaccepted(f"one of {', '.join(allowed)}")
        return found

    return read


def _amount(found: str) -> Decimal:
    if not _NUMBER.fullmatch(found) or Decimal(found) == 0:
        raise _Unaccepted("a decimal number more than 0")
    return Decimal(found)


def _price(found: str) -> Decimal | None:
    if found == "":
        return None
    try:
        return _amount(found)
    except _Unaccepted:
        raise _Unaccepted("USD per hour as a decimal number more than 0, or nothing when it is unknown") from None


def _source(found: str) -> str:
    if not (found[:1].isalnum() and found.isprintable() and len(found) <= 500 and found == found.strip()):
        raise _Unaccepted("where the row comes from: 1 to 500 characters on one line, beginning with a letter or digit")
    return found


def _day(found: str) -> date | None:
    if found == "":
        return None
    expected = "a date as YYYY-MM-DD, or nothing when the source states none"
    # fromisoformat alone also takes 20261123 and 2026-W48-1.
    if not _DATE.fullmatch(found):
        raise _Unaccepted(expected)
    try:
        return date.fromisoformat(found)
    except ValueError:
        raise _Unaccepted(expected) from None


_READERS: Mapping[str, Callable[[str], object]] = {
    "provider": _provider,
    "flavor": _name,
    "family": _choice(*FAMILIES),
    "arch": _choice(*ARCHITECTURES),
    "vcpus": _amount,
    "memory_gib": _amount,
    "region": _name,
    "price_usd_per_hour": _price,
    "spot_usd_per_hour": _price,
    "source": _source,
    "as_of": _day,
}


def _listed(faults: list[CatalogFault]) -> str:
    shown = "; ".join(str(fault) for fault in faults[:_FAULTS_SHOWN])
    more = len(faults) - _FAULTS_SHOWN
    return shown if more <= 0 else f"{shown}; and {more} more"
