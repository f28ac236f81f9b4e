"""What every command shares: the container, built when first asked for, and the exit codes."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import typer

from domain.identity.audit import Caller

if TYPE_CHECKING:
    from entrypoints.container import Container


AT_THE_COMMAND_LINE = Caller(address="cli")
"""From where the audit trail says that commands come."""


class ExitCode(IntEnum):
    """What a pipeline may branch on."""

    OK = 0
    ERROR = 1
    USAGE = 2
    OVER_COST = 3
    ANOMALY = 4


class CliState:
    """Carried in ``typer.Context.obj``; tests put a container of their own into it.

    Args:
        container: A container to use instead of one over the environment's settings.
    """

    def __init__(self, container: Container | None = None) -> None:
        self._container = container

    def container(self) -> Container:
        """The container over the environment's settings.

        Raises:
            ConfigurationError: A setting is wrong.
        """
        if self._container is None:
            # Imported here so that `--help` and `--version` stay quick.
            from entrypoints.container import build_container

            self._container = build_container()
        return self._container


def container_of(ctx: typer.Context) -> Container:
    """The container of the running command."""
    state = ctx.find_object(CliState)
    return (state or CliState()).container()
