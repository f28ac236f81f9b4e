"""`mcp-core users …`: one account in full, its sessions, and help for who cannot get in any more."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from domain.errors import Conflict
from domain.identity.sessions import Session
from domain.identity.users import User
from entrypoints.cli.context import AT_THE_COMMAND_LINE, ExitCode, container_of
from entrypoints.cli.formats import OutputFormat, as_csv, as_json, as_yaml
from entrypoints.cli.rows import print_rows

_SESSIONS: Final = ("id", "since", "last_seen", "address", "agent")
NameArgument = Annotated[str, typer.Argument(help="Name or mail address.")]
FormatOption = Annotated[OutputFormat, typer.Option("-f", "--format", help="Output format.")]


def show(ctx: typer.Context, name: NameArgument, output: FormatOption = OutputFormat.TABLE) -> int:
    """Show one account: profile, state, second factor, and how many sessions, live keys and shares it has."""
    accounts = container_of(ctx).accounts()
    look_up, now = accounts.look_up, accounts.desk.now()
    user = look_up.named(name)
    facts = _profile(user) | {
        "sessions": len(look_up.sessions(user.id)),
        "live_api_keys": sum(key.is_live(now) for key in look_up.api_keys(user.id)),
        "cloud_accounts": len(look_up.cloud_accounts(user.id)),
        "shares": sum(share.shared_by == user.id for share, _, _ in look_up.shares(user.id)),
    }
    if output is OutputFormat.TABLE:
        width = max(map(len, facts))
        for key, value in facts.items():
            typer.echo(f"{key.replace('_', ' '):{width}}  {value}")
    elif output is OutputFormat.CSV:
        typer.echo(as_csv([facts]))
    else:
        typer.echo({OutputFormat.JSON: as_json, OutputFormat.YAML: as_yaml}[output](facts))
    return ExitCode.OK


def sessions(ctx: typer.Context, name: NameArgument, output: FormatOption = OutputFormat.TABLE) -> int:
    """Show an account's live sessions, newest first."""
    look_up = container_of(ctx).accounts().look_up
    print_rows([_session(one) for one in look_up.sessions(look_up.named(name).id)], _SESSIONS, output)
    return ExitCode.OK


def end_sessions(
    ctx: typer.Context,
    name: NameArgument,
    session: Annotated[str | None, typer.Option("--session", help="Only this one, by its id.")] = None,
) -> int:
    """Log an account out everywhere, or end one of its sessions."""
    accounts = container_of(ctx).accounts()
    user = accounts.look_up.named(name)
    ended = accounts.end_sessions(user.id, AT_THE_COMMAND_LINE, session_id=session, by_operator=True)
    typer.echo(f"{ended} sessions of {user.username} ended", err=True)
    return ExitCode.OK


def reset_password(ctx: typer.Context, name: NameArgument) -> int:
    """Mail an account's holder what sets a new password; nobody else learns it, and the old one counts until then."""
    container = container_of(ctx)
    accounts = container.accounts()
    user = accounts.look_up.named(name)
    if not user.is_open:
        raise Conflict(f"{user.username} is deactivated: `mcp-core users reopen {user.username}` first")
    accounts.request_reset(user.username, AT_THE_COMMAND_LINE, by_operator=True)
    # It leaves in the background: wait for it.
    container.mailer().close()
    typer.echo(f"a mail to set a new password is on its way to {user.username}", err=True)
    return ExitCode.OK


def disable_second_factor(
    ctx: typer.Context, name: NameArgument, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> int:
    """Switch off the second factor of who lost authenticator and backup codes; all sessions of the account end."""
    container = container_of(ctx)
    accounts = container.accounts()
    user = accounts.look_up.named(name)
    if not yes:
        typer.confirm(f"{user.username} will log in by password alone. Is it certain who asked?", abort=True)
    accounts.remove_second_factor(user.id, AT_THE_COMMAND_LINE)
    container.mailer().close()
    typer.echo(f"the second factor of {user.username} is off", err=True)
    return ExitCode.OK


def _profile(user: User) -> dict[str, object]:
    seen = "never" if user.last_login_at is None else f"{user.last_login_at:%Y-%m-%dT%H:%MZ}"
    return {
        "username": user.username, "email": user.email, "full_name": user.full_name, "organisation": user.organisation,
        "role": user.role.value, "state": state_of(user), "verified": user.is_verified,
        "second_factor": user.has_second_factor, "made": f"{user.created_at:%Y-%m-%dT%H:%MZ}", "last_login": seen,
    }  # fmt: skip


def state_of(user: User) -> str:
    """Whether somebody may get in by an account, in a word."""
    return "locked" if user.locked_at else "open" if user.is_open else "deactivated"


def _session(session: Session) -> dict[str, object]:
    values = (
        session.id, f"{session.created_at:%Y-%m-%dT%H:%MZ}", f"{session.seen_at:%Y-%m-%dT%H:%MZ}", session.address,
        session.agent,
    )  # fmt: skip
    return dict(zip(_SESSIONS, values, strict=True))
