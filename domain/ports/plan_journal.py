"""Port: how plans get into the store without anyone waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from domain.plans.records import PlanRecord

PlanMaker = Callable[[], PlanRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalStatus:
    """How far the journal is.

    Attributes:
        waiting: Plans in memory, about to be written.
        spooled: Plans on disk, waiting for the store to answer again.
        stored: Plans stored since the start.
        dropped: Plans given up since the start, because the spool was full or cannot be written.
        problem: Why plans do not reach the store at the moment; empty when they do.
    """

    waiting: int
    spooled: int
    stored: int
    dropped: int
    problem: str = ""


class PlanJournal(Protocol):
    """Takes plans at once and stores them in the background. Thread-safe."""

    def record(self, make: PlanMaker) -> None:
        """Take a plan. Returns at once, never raises, and stores it as soon as the store answers.

        Args:
            make: Gives what is to be stored; called once, later and on another thread, as it takes longer than to
                answer a request.
        """
        ...

    def status(self) -> JournalStatus:
        """How far it is; never waits for the store."""
        ...

    def flush(self, timeout_seconds: float) -> int:
        """Wait until everything taken is stored or safe on disk; returns how many plans are not."""
        ...
