"""Port: files of measurements, read part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from domain.load_report import Rejection
from domain.samples import SampleBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class WideFileOwner:
    """Whose hours a wide file holds, as it has neither services nor dates.

    Attributes:
        service_id: The service they are stored for.
        start: Full hour, UTC, that the file's ``hour_offset`` counts from.
    """

    service_id: str
    start: datetime


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FilePart:
    """Some lines of a file, in the file's order.

    Attributes:
        batch: The samples of the lines taken.
        lines_read: Data lines, so neither the header nor blank ones.
        rejections: Each line refused, with its reason.
        done: How far the file is read after this part, 0 to 1.
    """

    batch: SampleBatch
    lines_read: int
    rejections: tuple[Rejection, ...]
    done: float


class HistoryFileReader(Protocol):
    """Reads files in bounded memory, however long they are."""

    def read(self, path: Path, *, owner: WideFileOwner | None = None) -> Iterator[FilePart]:
        """The file's samples: of a long CSV file, a Parquet file with the same four columns, or a wide CSV file.

        Which of them it is, is told from the file itself. A line that is refused is listed; the others are taken.

        Args:
            path: The file.
            owner: Needed for a wide file, refused for another.

        Raises:
            InvalidData: The file as a whole cannot be used; the message says why.
            InvalidRequest: An owner is missing, or given where the file names its services itself.
            DataSourceUnavailable: The file cannot be read.
        """
        ...
