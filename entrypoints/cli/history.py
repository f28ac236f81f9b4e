"""``mcp-core history``: the table of metric history."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from domain.ports.history_store import SeriesCoverage
from domain.series import HOUR, floor_hour
from entrypoints.cli.context import AT_THE_COMMAND_LINE, ExitCode, container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml
from entrypoints.cli.history_import import import_command

history_app = typer.Typer(help="Fill, list and prune the database's metric history.", no_args_is_help=True)
history_app.command("import")(import_command)
_AGE = re.compile(r"([1-9][0-9]{0,5})([hdw])")
_UNIT = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@history_app.callback()
def history() -> None:
    """Fill, list and prune the database's metric history."""


@history_app.command("list")
def list_command(
    ctx: typer.Context,
    service: Annotated[list[str] | None, typer.Option(help="Only this service; may be repeated.")] = None,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Show each series with its first and last hour, and the share of the hours between them that were observed."""
    store = container_of(ctx).history_store()
    names = sorted(set(service)) if service else store.service_ids()
    rows = [_row(series) for name in names for series in store.coverage(name)]
    if output is OutputFormat.TABLE:
        _print(rows)
    else:
        typer.echo({OutputFormat.JSON: as_json, OutputFormat.YAML: as_yaml, OutputFormat.CSV: as_csv}[output](rows))
    return ExitCode.OK


def _row(series: SeriesCoverage) -> dict[str, Any]:
    first, last = floor_hour(series.first), floor_hour(series.last)
    span = (last - first) // HOUR + 1
    return {
        "service_id": series.service_id, "metric_name": series.metric_name, "first_hour": f"{first:%Y-%m-%dT%H:%M:%SZ}",
        "last_hour": f"{last:%Y-%m-%dT%H:%M:%SZ}", "samples": series.samples, "hours": series.hours,
        "coverage": round(series.hours / span, 4),
    }  # fmt: skip


def _print(rows: list[dict[str, Any]]) -> None:
    console = Console(markup=False, highlight=False)
    if not rows:
        console.print("no history: `mcp-core history import FILE` or POST /history brings it in")
        return
    table = Table()
    for heading in ("service", "metric"):
        table.add_column(heading, overflow="fold")
    for heading in ("first hour (UTC)", "last hour (UTC)"):
        table.add_column(heading, no_wrap=True)
    for heading in ("samples", "hours", "observed"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        counts = (f"{row['samples']:,}", f"{row['hours']:,}", f"{row['coverage']:.1%}")
        table.add_row(
            row["service_id"], row["metric_name"], _short(row["first_hour"]), _short(row["last_hour"]), *counts
        )
    console.print(table)


def _short(hour: str) -> str:
    return hour[:16].replace("T", " ")


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no age such as 90d, 12w or 48h")
    return int(found.group(1)) * _UNIT[found.group(2)]


@history_app.command()
def prune(
    ctx: typer.Context,
    older_than: Annotated[timedelta, typer.Option(parser=_age, metavar="AGE", help="For example 90d, 12w or 48h.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be deleted.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Delete samples older than an age, in small transactions; may be broken off and run again."""
    container = container_of(ctx)
    moment = _before(container.clock().now(), older_than)
    use_case = container.prune_history()
    old = use_case.older_than(moment)
    samples = sum(series.samples for series in old)
    typer.echo(f"{samples:,} samples of {len(old):,} series are older than {moment:%Y-%m-%dT%H:%M:%SZ}")
    if dry_run or not samples:
        for series in old if dry_run else ():
            typer.echo(f"  {series.service_id} {series.metric_name}: {series.samples:,}")
        return ExitCode.OK
    if not yes:
        typer.confirm("They will be deleted for good. Go on?", abort=True)
    deleted = sum(gone for _, gone in use_case(moment))
    typer.echo(f"deleted {deleted:,} samples")
    return ExitCode.OK


@history_app.command()
def disown(ctx: typer.Context, service: Annotated[str, typer.Argument(help="The service.")]) -> int:
    """Make a history that somebody sent the operator's: everybody's to plan from, administrators' to write."""
    container_of(ctx).accounts().disown_history(service, AT_THE_COMMAND_LINE, actor_id=None)
    typer.echo(f"the history of {service} is the operator's", err=True)
    return ExitCode.OK


def _before(now: datetime, age: timedelta) -> datetime:
    try:
        return (now - age).astimezone(UTC)
    except OverflowError:
        raise typer.BadParameter("that is older than any calendar", param_hint="--older-than") from None
