"""`mcp-core analyze --plan` and `--write-patch`: the part that plans, imported only when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from domain.repository.planned import PlanningWishes, RepositoryPlan
from domain.repository.profile import RepositoryProfile
from entrypoints.cli.findings import WIDTH, print_findings
from entrypoints.cli.formats import RepositoryFormat, as_csv, as_json, as_yaml
from entrypoints.cli.keeping import keep
from entrypoints.cli.patches import print_patch
from entrypoints.cli.repository_reports import as_html, as_markdown
from entrypoints.cli.repository_rows import COLUMNS, cells, csv_row, total_line
from entrypoints.repository_wire import repository_plan_body

if TYPE_CHECKING:
    from entrypoints.container import Container


def plan_and_show(
    container: Container, found: RepositoryProfile, wishes: PlanningWishes, output: RepositoryFormat
) -> None:
    """Plan every service, keep the plans, print them."""
    planned = container.plan_repository()(found, wishes)
    keep(container, [item.plan for item in planned.services if item.plan is not None])
    _show(planned, output)


def plan_and_patch(container: Container, found: RepositoryProfile, wishes: PlanningWishes, folder: Path) -> None:
    """Print the diff that puts what each service needs into the folder's files."""
    print_patch(container, folder, container.plan_repository()(found, wishes))


def _show(planned: RepositoryPlan, output: RepositoryFormat) -> None:
    if output is RepositoryFormat.TABLE:
        _print(planned)
    elif output is RepositoryFormat.CSV:
        typer.echo(as_csv([csv_row(item) for item in planned.services]))
    elif output in (RepositoryFormat.HTML, RepositoryFormat.MARKDOWN):
        typer.echo(as_html(planned) if output is RepositoryFormat.HTML else as_markdown(planned))
    else:
        body = repository_plan_body(planned)
        typer.echo(as_json(body) if output is RepositoryFormat.JSON else as_yaml(body))


def _print(planned: RepositoryPlan) -> None:
    console = Console(width=WIDTH)
    table = Table(*COLUMNS)
    for item in planned.services:
        table.add_row(*cells(item))
    console.print(table if planned.services else "no service was found in its files")
    console.print(total_line(planned), highlight=False, markup=False)
    for item in planned.services:
        if item.refusal is not None:
            console.print(f"  {item.profile.name}: {item.refusal.message}", highlight=False, markup=False)
    print_findings(console, planned.findings)
