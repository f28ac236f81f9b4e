"""Find plans that were kept, also those made a moment ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import PlanNotFound
from domain.plans.ids import is_id
from domain.plans.records import PlanQuery, PlanSummary, StoredPlan
from domain.ports.plan_journal import PlanJournal
from domain.ports.plan_store import PlanStore

# A batch takes some hundredths of a second; a store that hangs is not waited for.
_LONGEST_WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallPlans:
    """Reads the store after what this process took has got there.

    Attributes:
        store: Where plans are kept.
        journal: What brings them there; None where this process keeps none.
    """

    store: PlanStore
    journal: PlanJournal | None

    def find(self, plan_id: str, owner_id: str | None = None) -> StoredPlan:
        """One plan.

        Raises:
            PlanNotFound: There is none of this id, or it is somebody else's.
            DatabaseUnavailable: The store cannot be read at the moment.
        """
        found = self.store.find(plan_id, owner_id) if is_id(plan_id) else None
        if found is None and is_id(plan_id) and self._catch_up():
            found = self.store.find(plan_id, owner_id)
        if found is None:
            raise PlanNotFound("there is no kept plan of this id; GET /plans lists those there are")
        return found

    def page(self, query: PlanQuery) -> Sequence[PlanSummary]:
        """Plans, newest first.

        Raises:
            DatabaseUnavailable: The store cannot be read at the moment.
        """
        self._catch_up()
        return self.store.page(query)

    def _catch_up(self) -> bool:
        """Whether there was something on its way to the store."""
        if self.journal is None or not self.journal.status().waiting:
            return False
        self.journal.flush(_LONGEST_WAIT_SECONDS)
        return True
