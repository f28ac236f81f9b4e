"""Counting what becomes of each line while a file is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from domain.errors import InvalidData
from domain.load_report import FileLayout, LoadReport, LoadWarning, Rejection, WarningKind

SHOWN_REJECTIONS: Final = 50
SHOWN_LINES: Final = 5


class FileRefused(InvalidData):
    """A file is not taken; ``report`` tells how far it was read."""

    def __init__(self, message: str, report: LoadReport, *, line: int | None = None) -> None:
        super().__init__(message, line=line)
        self.report = report


@dataclass(slots=True)
class LoadTally:
    """The account of one file in the making; ``most_rejections`` are kept one by one."""

    layout: FileLayout
    most_rejections: int = SHOWN_REJECTIONS
    lines_read: int = 0
    rejected: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    rejected_by_service: Counter[str] = field(default_factory=Counter)
    _warning_counts: Counter[WarningKind] = field(default_factory=Counter)
    _warning_lines: dict[WarningKind, list[int]] = field(default_factory=dict)

    def reject(self, line: int, reason: str, service_id: str = "") -> None:
        """Note a data line that is not taken (it must be counted in ``lines_read`` as well)."""
        self.rejected += 1
        if len(self.rejections) < self.most_rejections:
            self.rejections.append(Rejection(line=line, reason=reason))
        if service_id:
            self.rejected_by_service[service_id] += 1

    def take_rejections(self) -> list[Rejection]:
        """The rejections kept since the last call."""
        taken, self.rejections = self.rejections, []
        return taken

    def warn(self, kind: WarningKind, first_lines: Iterable[int], count: int = 1) -> None:
        """Note ``count`` lines of a kind, with the numbers of the first few of them."""
        self._warning_counts[kind] += count
        known = self._warning_lines.setdefault(kind, [])
        # Quick and careful lines of a block arrive one after the other, so the lowest numbers are kept, not the first.
        known[:] = sorted({*known, *first_lines})[:SHOWN_LINES]

    def report(self, *, services: int = 0, series: int = 0, refusal: str = "") -> LoadReport:
        """The finished account."""
        return LoadReport(
            layout=self.layout,
            lines_read=self.lines_read,
            accepted=self.lines_read - self.rejected,
            rejected=self.rejected,
            services=services,
            series=series,
            warnings=tuple(
                LoadWarning(kind=kind, count=self._warning_counts[kind], first_lines=tuple(self._warning_lines[kind]))
                for kind in WarningKind
                if self._warning_counts[kind]
            ),
            rejections=tuple(self.rejections),
            rejected_by_service=dict(self.rejected_by_service),
            refusal=refusal,
        )

    def refuse(self, message: str, *, line: int | None = None) -> FileRefused:
        """The error for a file that is not taken."""
        where = message if line is None else f"line {line}: {message}"
        return FileRefused(message, self.report(refusal=where), line=line)

    def refuse_if_nothing_is_left(self) -> None:
        """A file without a single good data line is refused as a whole.

        Raises:
            FileRefused: Nothing was accepted.
        """
        if not self.lines_read:
            raise self.refuse("the file has a header but no data lines")
        if self.rejected == self.lines_read:
            first = self.rejections[0]
            message = f"none of {self.lines_read} data lines is good; the first: {first.reason}"
            raise self.refuse(message, line=first.line)
