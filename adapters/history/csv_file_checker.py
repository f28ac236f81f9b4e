"""Checking a CSV history file exactly as serving would read it."""

from __future__ import annotations

from pathlib import Path

from adapters.history.file_layout import layout_of
from adapters.history.load_tally import FileRefused
from adapters.history.long_file import load_long_file
from adapters.history.wide_file import load_wide_file
from domain.load_report import FileLayout, LoadReport
from domain.ports.data_file_checker import DataFileChecker


class CsvFileChecker(DataFileChecker):
    """Reads the file with the loaders that serve it; nothing of it is kept."""

    def check(self, path: Path) -> LoadReport:
        """See the port."""
        load = load_wide_file if layout_of(path) is FileLayout.WIDE else load_long_file
        try:
            return load(path)[1]
        except FileRefused as refused:
            return refused.report
