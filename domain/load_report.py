"""What became of each line of a data file: the account an operator reads when a file is checked or loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FileLayout(StrEnum):
    """The two layouts of history files."""

    LONG = "long"
    WIDE = "wide"


class WarningKind(StrEnum):
    """What was odd about lines that were accepted all the same, and what was done about it."""

    BYTE_ORDER_MARK = "byte_order_mark"
    BLANK_LINE = "blank_line"
    BLANKS_TRIMMED = "blanks_trimmed"
    NAIVE_TIMESTAMP = "naive_timestamp"
    OFFSET_TIMESTAMP = "offset_timestamp"
    UNSORTED = "unsorted"
    DUPLICATE_TIMESTAMP = "duplicate_timestamp"
    NEGATIVE_VALUE = "negative_value"


WARNING_MEANING: Mapping[WarningKind, str] = {
    WarningKind.BYTE_ORDER_MARK: "the file starts with a byte order mark; it was skipped",
    WarningKind.BLANK_LINE: "empty lines; they were skipped and are not counted as data lines",
    WarningKind.BLANKS_TRIMMED: "blanks around a field; they were removed",
    WarningKind.NAIVE_TIMESTAMP: "timestamps without a zone; they were read as UTC",
    WarningKind.OFFSET_TIMESTAMP: "timestamps with an offset other than Z; they were converted to UTC",
    WarningKind.UNSORTED: "lines older than the line before of the same series; they were sorted",
    WarningKind.DUPLICATE_TIMESTAMP: "timestamps that came again later in the file; the last line wins",
    WarningKind.NEGATIVE_VALUE: "negative values; they were kept",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadWarning:
    """Lines accepted with a reservation.

    Attributes:
        kind: What was odd.
        count: How many lines, at least 1.
        first_lines: Line numbers (1-based, the header is line 1) of the first few.
    """

    kind: WarningKind
    count: int
    first_lines: tuple[int, ...]

    @property
    def meaning(self) -> str:
        """What was odd and what was done, in words."""
        return WARNING_MEANING[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """One data line that was not taken, with its number (1-based, the header is line 1) and the reason."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """The account of one file; ``accepted + rejected == lines_read`` always.

    Attributes:
        layout: Long (service_id,metric_name,ts,value) or wide (84 columns).
        lines_read: Data lines, so neither the header nor blank lines.
        accepted: Data lines taken, those overwritten by a later duplicate included.
        rejected: Data lines refused.
        services: Services with at least one accepted line; 0 for the wide layout.
        series: Series (service and metric) with at least one accepted line.
        warnings: Kinds of warnings that occurred, in the order of ``WarningKind``.
        rejections: The first rejected lines, at most a few dozen.
        rejected_by_service: How many lines of which service were refused, as far as the service could be read.
        refusal: Why the whole file was refused, or "" when it was taken.
    """

    layout: FileLayout
    lines_read: int
    accepted: int
    rejected: int
    services: int = 0
    series: int = 0
    warnings: tuple[LoadWarning, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    rejected_by_service: Mapping[str, int] = field(default_factory=dict)
    refusal: str = ""

    def __post_init__(self) -> None:
        if self.accepted + self.rejected != self.lines_read:
            raise ValueError(f"accepted {self.accepted} + rejected {self.rejected} must be {self.lines_read} lines")

    @property
    def is_clean(self) -> bool:
        """Whether the file was taken and no line of it was refused."""
        return not self.refusal and not self.rejected
