"""``--source A B C`` as a shell's wildcard writes it, besides ``--source A --source B``."""

from __future__ import annotations

from collections.abc import Sequence

import click
from typer.core import TyperGroup

OPTION = "--source"


def spread_sources(arguments: Sequence[str]) -> list[str]:
    """Repeat ``--source`` before each path that follows one."""
    spread: list[str] = []
    following = False
    for argument in arguments:
        if argument.startswith("-"):
            following = False
        elif following and spread[-1] != OPTION:
            spread.append(OPTION)
        following = following or argument == OPTION
        spread.append(argument)
    return spread


class ManySourcesGroup(TyperGroup):
    """A group of commands whose ``--source`` takes several paths at once."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Spread the paths before click reads the line."""
        return super().parse_args(ctx, spread_sources(args))
