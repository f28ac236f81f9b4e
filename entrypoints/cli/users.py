"""`mcp-core users`: accounts, made by whoever has the command line."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from application.accounts.create_user import NewUser
from domain.errors import InvalidRequest
from domain.identity.scopes import Role
from domain.identity.users import User
from entrypoints.cli.context import AT_THE_COMMAND_LINE, ExitCode, container_of
from entrypoints.cli.formats import OutputFormat
from entrypoints.cli.rows import print_rows
from entrypoints.cli.user_access import (
    disable_second_factor,
    end_sessions,
    reset_password,
    sessions,
    show,
    state_of,
)

users_app = typer.Typer(help="Make, list, close and open accounts.", no_args_is_help=True)
# One line of a password's greatest length in UTF-8, and its end.
_MOST_READ = 1024
_PAGE = 200
_COLUMNS = ("username", "email", "role", "state", "verified", "second_factor", "last_login")
NameArgument = Annotated[str, typer.Argument(help="Name or mail address.")]


@users_app.callback()
def users() -> None:
    """Make, list, close and open accounts."""


users_app.command("show")(show)
users_app.command("sessions")(sessions)
users_app.command("end-sessions")(end_sessions)
users_app.command("reset-password")(reset_password)
users_app.command("disable-second-factor")(disable_second_factor)


@users_app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name to log in with: 3 to 64 of a-z, 0-9, dot, hyphen, underscore.")],
    email: Annotated[str, typer.Option("--email", help="Mail address; you vouch for it.")],
    admin: Annotated[bool, typer.Option("--admin", help="An administrator.")] = False,
    full_name: Annotated[str, typer.Option("--full-name", help="As the person writes it.")] = "",
    organisation: Annotated[str, typer.Option("--organisation", help="Where they belong.")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
    ] = False,
) -> int:
    """Make an account that may log in at once; the password is asked for, or read from standard input."""
    wanted = NewUser(
        username=name, email=email, password=_password(from_stdin=password_stdin), full_name=full_name,
        organisation=organisation, role=Role.ADMIN if admin else Role.USER,
    )  # fmt: skip
    user = container_of(ctx).accounts().create_user(wanted, AT_THE_COMMAND_LINE)
    typer.echo(f"{user.role} {user.username} made", err=True)
    return ExitCode.OK


def _password(*, from_stdin: bool) -> str:
    """The password; never an argument, as those are seen by every process of the machine."""
    if not from_stdin:
        return str(typer.prompt("Password (15 to 128 characters)", hide_input=True, confirmation_prompt=True, err=True))
    line = sys.stdin.readline(_MOST_READ).rstrip("\r\n")
    if not line:
        raise InvalidRequest("--password-stdin: the first line of standard input is empty")
    return line


@users_app.command("list")
def list_users(
    ctx: typer.Context,
    output: Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")] = OutputFormat.TABLE,
) -> int:
    """Show all accounts but deleted ones, by name."""
    look_up = container_of(ctx).accounts().look_up
    found: list[User] = []
    while page := look_up.accounts(found[-1].username if found else "", _PAGE):
        found += page
    rows = [_row(user) for user in found]
    print_rows(rows, _COLUMNS, output)
    return ExitCode.OK


@users_app.command()
def deactivate(ctx: typer.Context, name: NameArgument) -> int:
    """Let nobody in by an account until it is opened again; its sessions end and its keys are taken back."""
    return _close(ctx, name, erase=False)


@users_app.command()
def delete(
    ctx: typer.Context, name: NameArgument, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> int:
    """Remove an account's personal data, keys and credentials for good."""
    if not yes:
        typer.confirm(f"Personal data, keys and credentials of {name} will be lost. Go on?", abort=True)
    return _close(ctx, name, erase=True)


@users_app.command()
def reopen(ctx: typer.Context, name: NameArgument) -> int:
    """Open a deactivated or locked account again."""
    accounts = container_of(ctx).accounts()
    user = accounts.look_up.named(name)
    accounts.reopen_account(user.id, AT_THE_COMMAND_LINE, actor_id=None)
    typer.echo(f"{user.username} is open", err=True)
    return ExitCode.OK


@users_app.command("set-role")
def set_role(
    ctx: typer.Context, name: NameArgument, role: Annotated[Role, typer.Argument(help="The new role.")]
) -> int:
    """Make an account an administrator's or a plain user's; sessions end, keys lose scopes within five seconds."""
    accounts = container_of(ctx).accounts()
    user = accounts.change_role(accounts.look_up.named(name).id, role, AT_THE_COMMAND_LINE, actor_id=None)
    typer.echo(f"{user.username} is {user.role}", err=True)
    return ExitCode.OK


def _close(ctx: typer.Context, name: str, *, erase: bool) -> int:
    container = container_of(ctx)
    accounts = container.accounts()
    user = accounts.look_up.named(name)
    accounts.close_account(user.id, AT_THE_COMMAND_LINE, actor_id=None, erase=erase)
    # The mail to its holder leaves in the background: wait for it.
    container.mailer().close()
    typer.echo(f"{user.username} is {'deleted' if erase else 'deactivated'}", err=True)
    return ExitCode.OK


def _row(user: User) -> dict[str, object]:
    seen = "never" if user.last_login_at is None else f"{user.last_login_at:%Y-%m-%dT%H:%MZ}"
    values = (
        user.username,
        user.email,
        user.role.value,
        state_of(user),
        user.is_verified,
        user.has_second_factor,
        seen,
    )
    return dict(zip(_COLUMNS, values, strict=True))
