"""`mcp-core audit`: the audit trail."""

from __future__ import annotations

import typer

from entrypoints.cli.context import ExitCode, container_of

audit_app = typer.Typer(help="Check the audit trail.", no_args_is_help=True)


@audit_app.callback()
def audit() -> None:
    """Check the audit trail."""


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
