"""``mcp-core data check``: what would become of each line of a history file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from domain.errors import DataSourceUnavailable
from domain.load_report import FileLayout, LoadReport
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml

_EXPLAINED = {
    FileLayout.LONG: "long: service_id,metric_name,ts,value",
    FileLayout.WIDE: "wide: one row per hour of the cluster, 84 columns",
}


def check_command(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV file, long or wide; which one is told from its header.")],
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Read a history file as the service would; exit with 1 when it is refused or a line of it is rejected."""
    try:
        report = container_of(ctx).file_check(file)
    except DataSourceUnavailable as error:
        raise DataSourceUnavailable(f"{file}: {error.message}") from error
    if output is OutputFormat.TABLE:
        _print(report)
    elif output is OutputFormat.CSV:
        typer.echo(as_csv(_rows(report)))
    else:
        typer.echo({OutputFormat.JSON: as_json, OutputFormat.YAML: as_yaml}[output](report))
    return ExitCode.OK if report.is_clean else ExitCode.ERROR


def _rows(report: LoadReport) -> list[dict[str, Any]]:
    """One row per finding; warnings stand for several lines, of which the first is named."""
    refused = [{"finding": "refused", "line": "", "lines": report.lines_read, "reason": report.refusal}]
    rejected = [{"finding": "rejected", "line": r.line, "lines": 1, "reason": r.reason} for r in report.rejections]
    warned = [
        {"finding": w.kind.value, "line": w.first_lines[0], "lines": w.count, "reason": w.meaning}
        for w in report.warnings
    ]
    total = {"finding": "accepted", "line": "", "lines": report.accepted, "reason": ""}
    return [total, *(refused if report.refusal else []), *rejected, *warned]


def _print(report: LoadReport) -> None:
    console = Console(markup=False, highlight=False, soft_wrap=True)
    console.print(f"layout     {_EXPLAINED[report.layout]}")
    console.print(f"data lines {report.lines_read:,} = {report.accepted:,} accepted + {report.rejected:,} rejected")
    services = f"{report.services:,} services, " if report.layout is FileLayout.LONG else ""
    console.print(f"holds      {services}{report.series:,} series")
    if report.warnings:
        warned = [(f"{w.count:,}", _lines(w.first_lines, w.count), w.meaning) for w in report.warnings]
        console.print(_table("Warnings (lines taken all the same)", ("lines", "first at line", "what"), warned))
    if report.rejections:
        rejected = [(str(r.line), r.reason) for r in report.rejections]
        title = f"Rejected lines (first {len(rejected)} of {report.rejected:,})"
        console.print(_table(title, ("line", "reason"), rejected))
    verdict = "every line is good" if report.is_clean else f"{report.rejected:,} lines would be left out"
    console.print(f"REFUSED    {report.refusal}" if report.refusal else f"verdict    the file is taken; {verdict}")


def _lines(first: tuple[int, ...], count: int) -> str:
    listed = ", ".join(str(line) for line in first)
    return listed if len(first) == count else f"{listed}, ..."


def _table(title: str, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in ("line", "lines") else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table
