"""Port: judging a data file before it is put to use."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from domain.load_report import LoadReport


class DataFileChecker(Protocol):
    """Reads a history file as serving would, and tells what became of each line."""

    def check(self, path: Path) -> LoadReport:
        """Check a file; the layout (long or wide) is told from its header.

        A file whose structure is wrong, or of which no line is good, gives a report with ``refusal`` set.

        Raises:
            DataSourceUnavailable: The file cannot be read.
        """
        ...
