"""``--source A B C`` as a shell's wildcard writes it, besides ``--source A --source B``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Spread the paths before the line is read."""
        return super().make_context(info_name, spread_sources(args), parent, **extra)
