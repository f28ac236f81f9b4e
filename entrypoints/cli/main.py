"""The command line `mcp-core`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from domain.errors import McpCoreError
from entrypoints.cli.commands import LazyGroup
from entrypoints.cli.context import CliState, ExitCode

app = typer.Typer(
    name="mcp-core",
    cls=LazyGroup,
    help="How much load will this service see in the next 24 hours, which VM size should it run on, what will it cost?",
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        # Takes longer to import than the whole list of commands.
        from importlib.metadata import PackageNotFoundError, version

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
