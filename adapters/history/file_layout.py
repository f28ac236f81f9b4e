"""Which of the two CSV layouts a file has."""

from __future__ import annotations

from pathlib import Path

from adapters.history.header import header_names
from adapters.history.line_blocks import read_blocks, split_header
from adapters.history.row_fields import LONG_COLUMNS
from domain.covariates import ALL_COLUMNS
from domain.load_report import FileLayout


def layout_of(path: Path) -> FileLayout:
    """The layout whose column names the header shares more of; long when it shares none.

    Raises:
        DataSourceUnavailable: The file cannot be read.
    """
    first = next(read_blocks(path), None)
    if first is None:
        return FileLayout.LONG
    names = set(header_names(split_header(first)[0]))
    shared_long, shared_wide = len(names & set(LONG_COLUMNS)), len(names & set(ALL_COLUMNS))
    return FileLayout.WIDE if shared_wide > shared_long else FileLayout.LONG
