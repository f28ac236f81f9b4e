"""``mcp-core db``: the database's schema, and the keys that seal what is secret in it."""

from __future__ import annotations

import base64
import re
import secrets
from typing import Annotated

import typer

from entrypoints.cli.context import AT_THE_COMMAND_LINE, ExitCode, container_of

db_app = typer.Typer(help="Bring the database's schema to this version's, and check it.", no_args_is_help=True)


@db_app.callback()
def db() -> None:
    """Bring the database's schema to this version's, and check it."""


@db_app.command()
def upgrade(ctx: typer.Context) -> int:
    """Bring the schema to this version's; safe to repeat, to interrupt and to run from two places at once."""
    migrator = container_of(ctx).migrator()
    before, after = migrator.state().current, migrator.upgrade().current
    typer.echo(f"schema {after}: nothing to do" if before == after else f"schema {before or 'none'} → {after}")
    return ExitCode.OK


@db_app.command()
def downgrade(
    ctx: typer.Context,
    revision: Annotated[str, typer.Argument(help="Keep this revision, take back all later ones; base: take back all.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Take back migrations, with what their tables hold."""
    if not yes:
        typer.confirm(f"Everything stored by revisions after {revision} will be lost. Go on?", abort=True)
    migrator = container_of(ctx).migrator()
    before, after = migrator.state().current, migrator.downgrade(revision).current
    typer.echo(f"schema {before or 'none'} → {after or 'none'}")
    return ExitCode.OK


@db_app.command()
def current(ctx: typer.Context) -> int:
    """Show the revision the database has and the one this version needs."""
    state = container_of(ctx).migrator().state()
    typer.echo(f"schema {state.current or 'none'}, this version needs {state.head}")
    return ExitCode.OK


@db_app.command()
def check(ctx: typer.Context) -> int:
    """Compare the schema with this version's tables; exit with 1 when they differ."""
    migrator = container_of(ctx).migrator()
    state = migrator.state()
    if not state.is_current:
        typer.echo(f"schema {state.current or 'none'}, this version needs {state.head}: run `mcp-core db upgrade`")
        return ExitCode.ERROR
    differences = migrator.differences()
    for difference in differences:
        typer.echo(f"the schema differs: {difference}")
    if not differences:
        typer.echo(f"schema {state.current}: as this version's tables")
    return ExitCode.ERROR if differences else ExitCode.OK


@db_app.command("new-key")
def new_key(
    key_id: Annotated[str, typer.Argument(help="Its name: letters, digits, hyphen, underscore; for example the year.")],
) -> int:
    """Draw a key for ENCRYPTION_KEYS and print it, and nothing else; put it first, before the keys there are."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key_id):
        raise typer.BadParameter("1 to 32 letters, digits, hyphens and underscores")
    typer.echo(f"{key_id}:{base64.b64encode(secrets.token_bytes(32)).decode()}")
    return ExitCode.OK


@db_app.command("rotate-keys")
def rotate_keys(ctx: typer.Context) -> int:
    """Seal every stored secret anew with the first of ENCRYPTION_KEYS; safe to repeat and to interrupt."""
    accounts = container_of(ctx).accounts()
    count = accounts.rotate_secrets(AT_THE_COMMAND_LINE)
    in_use = ", ".join(sorted(accounts.rotate_secrets.key_ids_in_use())) or "none"
    typer.echo(f"{count} secret(s) sealed anew; keys in use: {in_use}; all others may be taken out of ENCRYPTION_KEYS")
    return ExitCode.OK
