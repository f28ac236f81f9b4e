"""`mcp-core alerts`: what a person checks of alerts."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from domain.alerts.delivery import Outcome
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml

alerts_app = typer.Typer(help="Check how alerts are delivered.", no_args_is_help=True)
_STYLE = {Outcome.DELIVERED: "green", Outcome.RETRY: "yellow"}


@alerts_app.command("test")
def send_test(
    ctx: typer.Context,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Send one real test message through every channel set up and say what was answered; exit 1 unless all took it."""
    from entrypoints.http.server import configure_logging

    container = container_of(ctx)
    # The log is a channel: its line goes to standard error, as the service's does.
    configure_logging(container.settings().log_level)
    answers = container.send_test_alert()()
    rows: list[dict[str, object]] = [
        {
            "channel": answer.channel, "outcome": answer.delivery.outcome.value, "status": answer.delivery.status,
            "detail": answer.delivery.detail, "seconds": round(answer.seconds, 3),
        }
        for answer in answers
    ]  # fmt: skip
    if output is OutputFormat.TABLE:
        _print(rows)
    else:
        write = {OutputFormat.JSON: as_json, OutputFormat.YAML: as_yaml, OutputFormat.CSV: as_csv}[output]
        typer.echo(write(rows))
    arrived = all(answer.delivery.outcome is Outcome.DELIVERED for answer in answers)
    return ExitCode.OK if arrived else ExitCode.ERROR


def _print(rows: list[dict[str, object]]) -> None:
    table = Table("channel", "outcome", "status", "what was answered", "seconds")
    for row in rows:
        outcome = Outcome(str(row["outcome"]))
        status = "" if row["status"] is None else str(row["status"])
        said = f"[{_STYLE.get(outcome, 'bold red')}]{outcome}[/]"
        table.add_row(str(row["channel"]), said, status, str(row["detail"]), f"{row['seconds']}")
    Console().print(table)
