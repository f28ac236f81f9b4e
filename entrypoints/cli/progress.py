"""A bar on stderr for work in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Found = TypeVar("Found")


def with_progress(found: Iterable[Found], total: int, title: str) -> Iterator[Found]:
    """Pass results through, moving a bar on stderr when that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn("batches"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        for item in found:
            progress.advance(task)
            yield item
