"""`mcp-core audit`: the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from domain.identity.audit import AuditEntry
from domain.ports.audit_log import AuditFilter
from entrypoints.cli.context import ExitCode, container_of
from entrypoints.cli.formats import OutputFormat
from entrypoints.cli.rows import print_rows

audit_app = typer.Typer(help="Read and check the audit trail.", no_args_is_help=True)
_COLUMNS: Final = ("number", "at", "action", "outcome", "account", "actor", "address", "detail", "target")
# A target is as good as always an account or a key, by its id: too wide for a table, as is the number.
_IN_A_TABLE: Final = ("at", "action", "who", "from", "detail")
_MOMENT: Final = ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]


@audit_app.callback()
def audit() -> None:
    """Read and check the audit trail."""


@audit_app.command()
def verify(ctx: typer.Context) -> int:
    """Follow the trail's chain; exit with 1 at the first entry that was changed, removed or put in between.

    Keep the digest it prints elsewhere: a chain that was rewritten as a whole shows only against it.
    """
    report = container_of(ctx).accounts().verify_audit()
    if report.fault:
        typer.echo(f"the audit trail is broken: {report.fault}")
        return ExitCode.ERROR
    typer.echo(f"{report.entries} entries, unbroken; newest digest {report.head}")
    return ExitCode.OK


@audit_app.command("list")
def list_entries(
    ctx: typer.Context,
    user: Annotated[str | None, typer.Option("--user", help="Only what this account did or concerns it.")] = None,
    action: Annotated[str, typer.Option("--action", help="How the action begins, for example session.")] = "",
    outcome: Annotated[str, typer.Option("--outcome", help="ok or refused.")] = "",
    since: Annotated[datetime | None, typer.Option("--since", formats=_MOMENT, help="From then on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=_MOMENT, help="Before then, UTC.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 100,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Show what was done to accounts and keys, newest first; an act without an actor is the command line's."""
    look_up = container_of(ctx).accounts().look_up
    wanted = AuditFilter(
        user_id=look_up.named(user).id if user is not None else None, action=action, outcome=outcome,
        since=_utc(since), until=_utc(until),
    )  # fmt: skip
    entries = look_up.audit(wanted, limit)
    names = look_up.names(
        someone for entry in entries for someone in (entry.event.user_id, entry.event.actor_id) if someone
    )
    rows = [_row(entry, names) for entry in entries]
    print_rows([_narrow(row) for row in rows] if output is OutputFormat.TABLE else rows, _IN_A_TABLE, output)
    return ExitCode.OK


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None else None


def _row(entry: AuditEntry, names: Mapping[str, str]) -> dict[str, object]:
    """An entry; an account that is gone is told by its id."""
    event = entry.event
    detail = " ".join(f"{name}={value}" for name, value in sorted(event.detail.items()))
    values = (
        entry.number, f"{entry.at:%Y-%m-%dT%H:%M:%SZ}", event.action, event.outcome,
        names.get(event.user_id or "", event.user_id or ""), names.get(event.actor_id or "", event.actor_id or ""),
        event.caller.address, detail, event.target,
    )  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))


def _narrow(row: Mapping[str, object]) -> dict[str, object]:
    """The same as eighty columns hold it: an act of one's own names one account, one that was allowed no outcome."""
    actor, account = row["actor"], row["account"]
    who = account if actor == account else f"{actor or '–'} for {account}" if account else actor
    action = row["action"] if row["outcome"] == "ok" else f"{row['action']} {row['outcome']}"
    return {"at": row["at"], "action": action, "who": who, "from": row["address"], "detail": row["detail"]}
