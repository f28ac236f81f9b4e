"""Plans made on the command line are kept as the service's are; one that cannot be kept is told, and no failure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from domain.plan import Plan

if TYPE_CHECKING:
    from entrypoints.container import Container

# A database that hangs is not waited for any longer: the plan is on disk then.
_LONGEST_WAIT_SECONDS = 15.0


def keep(container: Container, plans: Iterable[Plan]) -> list[str]:
    """Keep plans and wait until they are stored; returns the ids of those that can be read now."""
    journal = container.plan_journal()
    if journal is None:
        return []
    # What it has to say is said below, in one line.
    journal.listen(complain=lambda _text: None)
    keep_plan = container.keep_plan()
    kept = [keep_plan(plan).plan_id for plan in plans]
    journal.stop(_LONGEST_WAIT_SECONDS)
    status = journal.status()
    if status.problem or status.dropped:
        where = "nowhere" if status.dropped else "on disk until the service or the next plan can store it"
        why = f" ({status.problem})" if status.problem else ""
        typer.echo(f"mcp-core: what was planned is not stored{why}; it is kept {where}", err=True)
        return []
    return [plan_id for plan_id in kept if plan_id is not None]
