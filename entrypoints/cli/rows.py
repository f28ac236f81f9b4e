"""Rows printed as each of the formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table

from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml

_ID_LENGTH: Final = 32
_WHOLE: Final = frozenset({"number", "at", "action"})


def print_rows(rows: Sequence[Mapping[str, object]], columns: Sequence[str], output: OutputFormat) -> None:
    """Print rows on standard output; a table has these of their columns, other formats all."""
    if output is not OutputFormat.TABLE:
        typer.echo({OutputFormat.JSON: as_json, OutputFormat.YAML: as_yaml, OutputFormat.CSV: as_csv}[output](rows))
        return
    table = Table(*(_column(name) for name in columns), box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for row in rows:
        table.add_row(*(str(row[name]) for name in columns))
    Console(markup=False).print(table)


def _column(name: str) -> Column:
    """An id is copied into the next command: the others give way."""
    if name == "id":
        return Column(name, no_wrap=True, min_width=_ID_LENGTH)
    if name in _WHOLE:
        return Column(name, no_wrap=True)
    return Column(name.replace("_", " "), overflow="fold")
