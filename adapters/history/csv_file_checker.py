"""Checking a CSV history file exactly as serving would read it."""

from __future__ import annotations

from pathlib import Path

from adapters.history.header import header_names
from adapters.history.line_blocks import read_blocks, split_header
from adapters.history.load_tally import FileRefused
from adapters.history.long_file import load_long_file
from adapters.history.row_fields import LONG_COLUMNS
from adapters.history.wide_file import load_wide_file
from domain.covariates import ALL_COLUMNS
from domain.load_report import FileLayout, LoadReport
from domain.ports.data_file_checker import DataFileChecker


class CsvFileChecker(DataFileChecker):
    """Reads the file with the loaders that serve it; nothing of it is kept."""

    def check(self, path: Path) -> LoadReport:
        """See the port."""
        load = load_wide_file if _layout(path) is FileLayout.WIDE else load_long_file
        try:
            return load(path)[1]
        except FileRefused as refused:
            return refused.report


def _layout(path: Path) -> FileLayout:
    """The layout whose column names the header shares more of; long when it shares none."""
    first = next(read_blocks(path), None)
    if first is None:
        return FileLayout.LONG
    names = set(header_names(split_header(first)[0]))
    shared_long, shared_wide = len(names & set(LONG_COLUMNS)), len(names & set(ALL_COLUMNS))
    return FileLayout.WIDE if shared_wide > shared_long else FileLayout.LONG
