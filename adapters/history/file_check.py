"""Checking a CSV history file exactly as serving would read it."""

from __future__ import annotations

from pathlib import Path

from adapters.history.file_layout import layout_of
from adapters.history.load_tally import FileRefused
from adapters.history.long_file import load_long_file
from adapters.history.wide_file import load_wide_file
from domain.load_report import FileLayout, LoadReport


def check_history_file(path: Path) -> LoadReport:
    """What becomes of each line, told by the loaders that serve the file; nothing of it is kept.

    The layout (long or wide) is told from the header. A file whose structure is wrong, or of which no line is good,
    gives a report with ``refusal`` set.

    Raises:
        DataSourceUnavailable: The file cannot be read.
    """
    load = load_wide_file if layout_of(path) is FileLayout.WIDE else load_long_file
    try:
        return load(path)[1]
    except FileRefused as refused:
        return refused.report
