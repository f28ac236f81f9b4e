"""Which module holds which command; a command's module is imported when the command is called, not before."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class Place(NamedTuple):
    """Where a command is.

    Attributes:
        module: Below ``entrypoints.cli``.
        name: Of the function or the group in it.
        help: What the list of commands says of it; its own first line, word for word.
    """

    module: str
    name: str
    help: str


# As they are listed. A test holds every line against the command it is about.
COMMANDS: Final[dict[str, Place]] = {
    "serve": Place("serve", "serve_command",
        "Start the HTTP service; SIGTERM and Ctrl-C finish what was accepted and stop."),
    "plan": Place("plan", "plan_command",
        "Forecast 24 hours, choose the cheapest flavor that carries them, and price it."),
    "what-if": Place("what_if", "what_if_command",
        "Plan a service as things are and as they would be, and show what keeping today's size would risk."),
    "flavors": Place("flavors", "flavors_command",
        "List VM sizes with on-demand and spot prices and the date of each price."),
    "doctor": Place("doctor", "doctor_command",
        "Check settings, data source, catalogue, routes and models; exit with 1 when a plan could not be answered."),
    "analyze": Place("analyze", "analyze_command",
        "Read Compose, Kubernetes, Helm, Docker and package files into a profile per service. Nothing is executed."),
    "gate": Place("gate", "gate_command",
        "Compare plans before and after a change. Exits 0 passed, 2 over budget, 3 too risky, 1 on any error."),
    "mcp": Place("mcp", "mcp_command",
        "Serve agents by the Model Context Protocol; tools plan, compare and explain, and change nothing."),
    "alerts": Place("alerts", "alerts_app", "List alerts, deliver them, and check how they are delivered."),
    "api-keys": Place("api_keys", "api_keys_app", "Make, list, replace and take back the keys of programs."),
    "audit": Place("audit", "audit_app", "Read and check the audit trail."),
    "backtest": Place("backtest", "backtest_app", "Forecast a known past and score it."),
    "data": Place("data", "data_app", "Make and check data files."),
    "db": Place("db", "db_app", "Bring the database's schema to this version's, and check it."),
    "history": Place("history", "history_app", "Fill, list and prune the database's metric history."),
    "models": Place("models", "models_app", "List the trained models; check one before it serves."),
    "plans": Place("plans", "plans_app", "List and read kept plans, and see how they did."),
    "shares": Place("shares", "shares_app", "List, make and end shares of plans and histories."),
    "train": Place("train", "train_app", "Train the models on your own history."),
    "users": Place("users", "users_app", "Make, list, close and open accounts."),
}  # fmt: skip


def load_command(name: str) -> Any:
    """The command of that name, its module imported."""
    place = COMMANDS[name]
    found: typer.Typer | Callable[..., Any] = getattr(import_module(f"entrypoints.cli.{place.module}"), place.name)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(name)(found)
        found = alone
    command = typer.main.get_command(found)
    command.name = name
    return command


class LazyGroup(TyperGroup):
    """Lists every command from the table, and imports the one that is called."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = {name: TyperCommand(name, help=place.help) for name, place in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command itself instead of the line that stood for it in the list."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load_command(name) if name in COMMANDS else command, rest
