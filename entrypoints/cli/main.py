"""The command line `mcp-core`."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from domain.errors import McpCoreError
from entrypoints.cli.alerts import alerts_app
from entrypoints.cli.analyze import analyze_command
from entrypoints.cli.api_keys import api_keys_app
from entrypoints.cli.audit import audit_app
from entrypoints.cli.backtest import backtest_app
from entrypoints.cli.backtest_anomalies import backtest_anomalies
from entrypoints.cli.backtest_sizing import backtest_sizing
from entrypoints.cli.context import CliState, ExitCode
from entrypoints.cli.data import data_app
from entrypoints.cli.db import db_app
from entrypoints.cli.doctor import doctor_command
from entrypoints.cli.flavors import flavors_command
from entrypoints.cli.gate import gate_command
from entrypoints.cli.history import history_app
from entrypoints.cli.mcp import mcp_command
from entrypoints.cli.models import models_app
from entrypoints.cli.plan import plan_command
from entrypoints.cli.plans import plans_app
from entrypoints.cli.serve import serve_command
from entrypoints.cli.train import train_app
from entrypoints.cli.users import users_app
from entrypoints.cli.what_if import what_if_command

app = typer.Typer(
    name="mcp-core",
    help="How much load will this service see in the next 24 hours, which VM size should it run on, what will it cost?",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve_command)
app.command("plan")(plan_command)
app.command("what-if")(what_if_command)
app.command("flavors")(flavors_command)
app.command("doctor")(doctor_command)
app.command("analyze")(analyze_command)
app.command("gate")(gate_command)
app.command("mcp")(mcp_command)
app.add_typer(alerts_app, name="alerts")
backtest_app.command("sizing")(backtest_sizing)
backtest_app.command("anomalies")(backtest_anomalies)
app.add_typer(api_keys_app, name="api-keys")
app.add_typer(audit_app, name="audit")
app.add_typer(backtest_app, name="backtest")
app.add_typer(data_app, name="data")
app.add_typer(db_app, name="db")
app.add_typer(history_app, name="history")
app.add_typer(models_app, name="models")
app.add_typer(plans_app, name="plans")
app.add_typer(train_app, name="train")
app.add_typer(users_app, name="users")


def _show_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(version("mcp-core-orchestrator"))
        except PackageNotFoundError:
            typer.echo("not installed")
        raise typer.Exit


@app.callback()
def _options(
    ctx: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version_wanted: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    ctx.ensure_object(CliState)
    ctx.meta["debug"] = debug


def run(arguments: list[str] | None = None, state: CliState | None = None) -> int:
    """Run one command line; returns its exit code and never raises for a user's mistake.

    Args:
        arguments: Without the program's name; None takes the process's own.
        state: Shared state, for tests.
    """
    command = typer.main.get_command(app)
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    # A gate's 2 and 3 are verdicts: whatever goes wrong with it is 1.
    misuse = ExitCode.ERROR if "gate" in given[:2] else ExitCode.USAGE
    try:
        # Typer's parser is a copy of click with exceptions of its own: only typer's names catch them.
        result = command.main(given or ["--help"], prog_name="mcp-core", standalone_mode=False, obj=state or CliState())
    except McpCoreError as error:
        if debug:
            raise
        return _complain(error.message, misuse)
    except typer.TyperException as error:
        return _complain(error.format_message(), misuse)
    except (typer.Abort, KeyboardInterrupt):
        return _complain("interrupted", ExitCode.ERROR)
    return result if isinstance(result, int) else ExitCode.OK


def _complain(message: str, code: ExitCode) -> int:
    typer.echo(f"mcp-core: {' '.join(message.split())}", err=True)
    return code


def main() -> None:
    """Entry point of the installed command."""
    sys.exit(run())
