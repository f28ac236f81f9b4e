"""`mcp-core shares`: who else sees a plan or a service's history, managed in an account's place."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from application.accounts.share import EVERYBODY
from domain.identity.sharing import Share, Shared
from entrypoints.cli.context import AT_THE_COMMAND_LINE, ExitCode, container_of
from entrypoints.cli.formats import OutputFormat
from entrypoints.cli.rows import print_rows

shares_app = typer.Typer(help="List, make and end shares of plans and histories.", no_args_is_help=True)
_COLUMNS: Final = ("id", "kind", "subject", "shared_by", "shared_with", "since")
UserOption = Annotated[str, typer.Option("--user", help="Name or mail address of the account that shares.")]


@shares_app.callback()
def shares() -> None:
    """List, make and end shares of plans and histories."""


@shares_app.command("list")
def list_shares(
    ctx: typer.Context,
    user: Annotated[str, typer.Option("--user", help="Name or mail address of the account.")],
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Show what an account shares, and what is shared with it by name, oldest first."""
    look_up = container_of(ctx).accounts().look_up
    rows = [_row(*found) for found in look_up.shares(look_up.named(user).id)]
    print_rows(rows, _COLUMNS, output)
    return ExitCode.OK


@shares_app.command()
def add(
    ctx: typer.Context,
    user: UserOption,
    plan: Annotated[str | None, typer.Option("--plan", help="Id of the plan to share.")] = None,
    service: Annotated[str | None, typer.Option("--service", help="Service whose history to share.")] = None,
    with_: Annotated[str | None, typer.Option("--with", help="Name of the account that is to see it.")] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="Share it with every account.")] = False,
) -> int:
    """Share an account's plan or history; prints the share's id, and nothing else, on standard output."""
    if (plan is None) is (service is None):
        raise typer.BadParameter("name either a plan or a service", param_hint="--plan, --service")
    if (with_ is None) is not everybody:
        raise typer.BadParameter("name either an account or everybody", param_hint="--with, --everybody")
    container = container_of(ctx)
    accounts = container.accounts()
    owner = accounts.look_up.named(user)
    kind, subject = (Shared.PLAN, plan) if plan is not None else (Shared.HISTORY, str(service))
    if kind is Shared.PLAN:
        container.recall_plans().own(subject, owner.id)
    made = accounts.share(
        owner.id, kind, subject, with_, AT_THE_COMMAND_LINE, is_admin=False, by_operator=True
    )  # fmt: skip
    typer.echo(made.id)
    typer.echo(f"{kind} {subject} of {owner.username} is shared with {with_ or EVERYBODY}", err=True)
    return ExitCode.OK


@shares_app.command()
def end(
    ctx: typer.Context,
    share_id: Annotated[str, typer.Argument(help="Id of the share, as `shares list` shows it.")],
    user: UserOption,
) -> int:
    """End a share; running services notice within five seconds."""
    accounts = container_of(ctx).accounts()
    owner = accounts.look_up.named(user)
    accounts.end_share(owner.id, share_id, AT_THE_COMMAND_LINE, is_admin=False, by_operator=True)
    typer.echo(f"share {share_id} has ended", err=True)
    return ExitCode.OK


def _row(share: Share, shared_by: str, shared_with: str | None) -> dict[str, object]:
    values = (
        share.id, share.kind.value, share.subject, shared_by, shared_with or EVERYBODY,
        f"{share.created_at:%Y-%m-%dT%H:%MZ}",
    )  # fmt: skip
    return dict(zip(_COLUMNS, values, strict=True))
