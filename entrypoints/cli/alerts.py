"""`mcp-core alerts`: what a person checks of alerts."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from domain.alerts.delivery import Outcome
from entrypoints.cli.alert_simulation import simulate
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.delivering import deliver_now
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml
from entrypoints.plan_query import read_alert_query
from entrypoints.wire_alerts import AlertBody, alert_body

alerts_app = typer.Typer(help="List alerts, deliver them, and check how they are delivered.", no_args_is_help=True)
alerts_app.command("simulate")(simulate)
_LEAST_WIDTH = 150
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


@alerts_app.command("list")
def list_alerts(
    ctx: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only pending, sent, failed or suppressed ones.")] = None,
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    limit: Annotated[str, typer.Option(help="At most so many, 1 to 100.")] = "50",
    cursor: Annotated[str | None, typer.Option(help="Id of the last alert of the page before.")] = None,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Alerts, newest first, with what became of them on each channel."""
    query = read_alert_query(state=state, service=service, cursor=cursor, limit=limit)
    found = [alert_body(item) for item in container_of(ctx).alert_log().alerts(query)]
    if output is OutputFormat.TABLE:
        _print_alerts(found)
    elif output is OutputFormat.CSV:
        typer.echo(as_csv([_row(item) for item in found]))
    else:
        typer.echo(as_json(found) if output is OutputFormat.JSON else as_yaml(found))
    return ExitCode.OK


@alerts_app.command()
def retry(
    ctx: typer.Context,
    alert_id: Annotated[list[str] | None, typer.Argument(help="Ids; every failed alert by default.")] = None,
) -> int:
    """Take failed alerts up again; the service, or `alerts flush`, then delivers them."""
    taken_up = container_of(ctx).alert_log().retry(alert_id or None)
    typer.echo(f"{taken_up} alerts taken up again")
    return ExitCode.OK


@alerts_app.command()
def flush(
    ctx: typer.Context,
    timeout: Annotated[float, typer.Option(min=0.1, max=86_400, help="Longest wait, seconds.")] = 30.0,
) -> int:
    """Deliver what is in the outbox now and say what is left; exit 1 when something is."""
    from entrypoints.http.server import configure_logging

    container = container_of(ctx)
    configure_logging(container.settings().log_level)
    left = deliver_now(container, timeout)
    typer.echo(f"{left} deliveries left" if left else "the outbox is empty")
    return ExitCode.ERROR if left else ExitCode.OK


def _row(item: AlertBody) -> dict[str, object]:
    told = "; ".join(
        f"{one.channel} {one.state}, {one.attempts} attempt(s)" + (f", {one.last_detail}" if one.last_detail else "")
        for one in item.deliveries
    )
    return {
        "alert": item.alert_id, "created (UTC)": f"{item.created_at:%Y-%m-%d %H:%M:%S}", "kind": item.kind,
        "state": item.state, "service": item.service_id, "metric": item.metric_name,
        "score": "" if item.score is None else f"{item.score:.2f}",
        "told": told or (f"by {item.told_by}" if item.told_by else ""),
    }  # fmt: skip


def _print_alerts(found: list[AlertBody]) -> None:
    if not found:
        typer.echo("no alerts")
        return
    rows = [_row(item) for item in found]
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    wide = Console()
    # An id that is cut cannot be copied: narrow terminals break the line instead.
    (wide if wide.width >= _LEAST_WIDTH else Console(width=_LEAST_WIDTH)).print(table)


def _print(rows: list[dict[str, object]]) -> None:
    table = Table("channel", "outcome", "status", "what was answered", "seconds")
    for row in rows:
        outcome = Outcome(str(row["outcome"]))
        status = "" if row["status"] is None else str(row["status"])
        said = f"[{_STYLE.get(outcome, 'bold red')}]{outcome}[/]"
        table.add_row(str(row["channel"]), said, status, str(row["detail"]), f"{row['seconds']}")
    Console().print(table)
