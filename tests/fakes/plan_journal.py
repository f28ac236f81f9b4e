"""A journal that stores at once."""

from __future__ import annotations

from domain.errors import DatabaseUnavailable
from domain.plans.records import PlanRecord
from domain.ports.plan_journal import JournalStatus, PlanJournal, PlanMaker
from domain.ports.plan_store import PlanStore


class DirectPlanJournal(PlanJournal):
    """Stores each plan as it comes; while the store is away it keeps them, and tries again with the next one."""

    def __init__(self, store: PlanStore) -> None:
        self._store = store
        self._kept: list[PlanRecord] = []
        self._stored = 0
        self._problem = ""

    def record(self, make: PlanMaker) -> None:
        """See the port."""
        self._kept.append(make())
        try:
            self._store.save(self._kept)
        except DatabaseUnavailable as error:
            self._problem = error.message
            return
        self._stored += len(self._kept)
        self._kept, self._problem = [], ""

    def status(self) -> JournalStatus:
        """See the port."""
        return JournalStatus(waiting=0, spooled=len(self._kept), stored=self._stored, dropped=0, problem=self._problem)

    def flush(self, timeout_seconds: float) -> int:
        """See the port."""
        return 0
