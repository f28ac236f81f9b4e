"""The first line of a history file."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.history.line_blocks import LineBlock, split_header
from adapters.history.load_tally import LoadTally
from adapters.history.row_fields import RowRefused, split_fields
from domain.load_report import WarningKind

_SHOWN_NAMES = 5
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_header(block: LineBlock | None, expected: Sequence[str], tally: LoadTally) -> LineBlock:
    """Check the header and give back the lines after it.

    Args:
        block: The file's first block, or None when the file is empty.
        expected: The column names, in order.
        tally: Told of a byte order mark.

    Raises:
        FileRefused: The file is empty or its header is not the one expected; the message says what differs.
    """
    if block is None:
        raise tally.refuse(f"the file is empty; a header is expected: {_listed(expected)}")
    header, has_mark, rest = split_header(block)
    if has_mark:
        tally.warn(WarningKind.BYTE_ORDER_MARK, (1,))
    problem = _problem(header, expected)
    if problem:
        raise tally.refuse(f"{problem}; the header must be: {_listed(expected)}", line=1)
    return rest


def header_names(header: bytes) -> list[str]:
    """The column names, for telling which layout a file has; empty when the header cannot be read."""
    try:
        return split_fields(header, _field_count(header))[0]
    except RowRefused:
        return []


def _field_count(header: bytes) -> int:
    return header.count(b",") + 1


def _problem(header: bytes, expected: Sequence[str]) -> str:
    if header.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "the file is UTF-16; it must be saved as UTF-8"
    try:
        names, _ = split_fields(header, _field_count(header))
    except RowRefused as refused:
        return f"wrong header: {refused.reason}"
    if names == list(expected):
        return ""
    missing = [name for name in expected if name not in names]
    unknown = [place for place, name in enumerate(names, 1) if name not in expected]
    if missing or unknown:
        return "wrong header: " + "; ".join(_differences(header, missing, unknown))
    if len(names) != len(expected):
        return "wrong header: a column appears more than once"
    place = next(index for index, name in enumerate(expected) if names[index] != name)
    return f"wrong header: the columns are in another order, column {place + 1} must be {expected[place]}"


def _differences(header: bytes, missing: Sequence[str], unknown: Sequence[int]) -> list[str]:
    """What is wrong, by position: the text of a file that is no history at all must not reach a client."""
    found = []
    if missing:
        found.append(f"missing column {_listed(missing)}")
    if unknown:
        found.append(f"unknown name in column {_listed([str(place) for place in unknown])}")
    other = next((word for mark, word in _OTHER_SEPARATORS.items() if mark.encode() in header), None)
    if other and b"," not in header:
        found.append(f"fields must be separated by commas, not {other}")
    return found


def _listed(names: Sequence[str]) -> str:
    if len(names) <= _SHOWN_NAMES:
        return ",".join(names)
    return f"{','.join(names[:_SHOWN_NAMES])},... ({len(names)} columns)"
