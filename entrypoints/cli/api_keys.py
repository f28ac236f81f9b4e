"""`mcp-core api-keys`: keys of programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import typer

from domain.identity.keys import ApiKey
from entrypoints.cli.context import AT_THE_COMMAND_LINE, ExitCode, container_of
from entrypoints.cli.formats import OutputFormat
from entrypoints.cli.rows import print_rows

api_keys_app = typer.Typer(help="Make, list, replace and take back the keys of programs.", no_args_is_help=True)
_COLUMNS: Final = ("id", "name", "begins_with", "scopes", "state", "expires", "last_used")
UserOption = Annotated[str, typer.Option("--user", help="Name or mail address of the owner.")]
KeyArgument = Annotated[str, typer.Argument(help="Id of the key, as `api-keys list` shows it.")]


@api_keys_app.command()
def create(
    ctx: typer.Context,
    user: UserOption,
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do, for example plans:write; repeat it.")],
    name: Annotated[str, typer.Option("--name", help="What you call it.")] = "command line",
    days: Annotated[int | None, typer.Option("--days", help="Days it counts, 1 to 365; 90 without.")] = None,
) -> int:
    """Make a key and print it, and nothing else, on standard output; it is shown this once."""
    made = container_of(ctx).accounts().create_api_key(user, name, scope, days, AT_THE_COMMAND_LINE, actor_id=None)
    typer.echo(made.text)
    typer.echo(_said(made.key), err=True)
    return ExitCode.OK


@api_keys_app.command()
def rotate(ctx: typer.Context, key_id: KeyArgument, user: UserOption) -> int:
    """Make a key in place of another, which counts for another day; prints it, and nothing else, once."""
    accounts = container_of(ctx).accounts()
    owner = accounts.look_up.named(user)
    made = accounts.rotate_api_key(owner.id, key_id, AT_THE_COMMAND_LINE, actor_id=None)
    typer.echo(made.text)
    typer.echo(_said(made.key), err=True)
    return ExitCode.OK


@api_keys_app.command()
def revoke(ctx: typer.Context, key_id: KeyArgument, user: UserOption) -> int:
    """Take a key back; running services notice within five seconds."""
    accounts = container_of(ctx).accounts()
    key = accounts.revoke_api_key(accounts.look_up.named(user).id, key_id, AT_THE_COMMAND_LINE, actor_id=None)
    typer.echo(f"key {key.id} ({key.name}) is taken back", err=True)
    return ExitCode.OK


@api_keys_app.command("list")
def list_keys(
    ctx: typer.Context,
    user: UserOption,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Show an account's keys, those that no longer count included."""
    accounts = container_of(ctx).accounts()
    owner, now = accounts.look_up.named(user), accounts.desk.now()
    rows = [_row(key, now) for key in accounts.look_up.api_keys(owner.id)]
    print_rows(rows, _COLUMNS, output)
    return ExitCode.OK


def _row(key: ApiKey, now: datetime) -> dict[str, object]:
    state = "live" if key.is_live(now) else "expired" if key.revoked_at is None else "revoked"
    used = "never" if key.last_used_at is None else f"{key.last_used_at:%Y-%m-%dT%H:%MZ}"
    scopes, expires = " ".join(sorted(key.scopes)), f"{key.expires_at:%Y-%m-%dT%H:%MZ}"
    return dict(zip(_COLUMNS, (key.id, key.name, key.shown, scopes, state, expires, used), strict=True))


def _said(key: ApiKey) -> str:
    return f"key {key.id} ({key.name}): {' '.join(sorted(key.scopes))}, until {key.expires_at:%Y-%m-%d}"
