"""Bring files of measurements into a store."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from domain.load_report import Rejection
from domain.ports.history_file_reader import FilePart, HistoryFileReader, WideFileOwner
from domain.ports.history_store import HistoryStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a file; ``accepted + rejected == lines_read`` always.

    Attributes:
        lines_read: Data lines.
        rejected: Data lines refused.
        samples: Samples stored, those of the same series and second counted each time; a wide line has several.
        series: Series (service and metric) with at least one of them.
    """

    lines_read: int
    rejected: int
    samples: int
    series: int

    @property
    def accepted(self) -> int:
        """Data lines taken."""
        return self.lines_read - self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportHistory:
    """Stores a file part by part, each in a transaction of its own.

    An import that was broken off is simply run again: what is there already is stored once more, to no effect.
    """

    reader: HistoryFileReader
    store: HistoryStore

    def __call__(
        self,
        path: Path,
        *,
        owner: WideFileOwner | None = None,
        on_rejected: Callable[[Rejection], None],
        on_progress: Callable[[float], None],
    ) -> ImportReport:
        """Import one file.

        Args:
            path: The file.
            owner: Whose hours a wide file holds.
            on_rejected: Told of each line refused, in the file's order.
            on_progress: Told how far the file is stored, 0 to 1.

        Raises:
            InvalidData: The file as a whole cannot be used; nothing of it is stored.
            InvalidRequest: An owner is missing, or given where the file names its services itself.
            DataSourceUnavailable: The file cannot be read or the store not be written to; what is stored stays.
        """
        tally = _Tally()
        stored: Future[None] | None = None
        done = 0.0
        # While the store works on one part, the next is read; parts stay in order, as of equal times the last counts.
        with ThreadPoolExecutor(1, thread_name_prefix="history-import") as writer:
            for part in self.reader.read(path, owner=owner):
                tally.add(part)
                for rejection in part.rejections:
                    on_rejected(rejection)
                if stored is not None:
                    stored.result()
                    on_progress(done)
                stored, done = writer.submit(self.store.upsert, part.batch), part.done
            if stored is not None:
                stored.result()
        on_progress(1.0)
        return tally.report()


class _Tally:
    """The account of a file in the making."""

    def __init__(self) -> None:
        self._lines, self._rejected, self._samples = 0, 0, 0
        self._series: set[tuple[str, str]] = set()

    def add(self, part: FilePart) -> None:
        self._lines += part.lines_read
        self._rejected += len(part.rejections)
        self._samples += len(part.batch)
        self._series |= part.batch.series

    def report(self) -> ImportReport:
        return ImportReport(
            lines_read=self._lines, rejected=self._rejected, samples=self._samples, series=len(self._series)
        )
