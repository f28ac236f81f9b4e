"""The journal with its spool and its log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog

from adapters.plans.journal import BufferedPlanJournal
from adapters.plans.spool import PlanSpool
from domain.ports.plan_store import PlanStore


def make_journal(
    store: Callable[[], PlanStore], *, keeps: str, spool_dir: Path, spool_max_bytes: int
) -> BufferedPlanJournal | None:
    """A journal that tells the log what a person should know; None where nothing is to be kept."""
    if keeps == "none":
        return None
    log = structlog.get_logger("plans")
    return BufferedPlanJournal(store, PlanSpool(spool_dir, spool_max_bytes), complain=log.warning)
