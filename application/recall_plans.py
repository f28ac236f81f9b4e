"""Find plans that were kept, also those made a moment ago."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from domain.errors import PlanNotFound
from domain.plans.ids import is_id
from domain.plans.records import PlanQuery, PlanSummary, StoredPlan
from domain.ports.plan_journal import PlanJournal
from domain.ports.plan_store import PlanStore

# A batch takes some hundredths of a second; a store that hangs is not waited for.
_LONGEST_WAIT_SECONDS = 2.0
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallPlans:
    """Reads the store after what this process took has got there.

    Attributes:
        store: Where plans are kept.
        journal: What brings them there; None where this process keeps none.
        shown: Ids of the plans that others shared with an account.
    """

    store: PlanStore
    journal: PlanJournal | None
    shown: Callable[[str], frozenset[str]]

    def find(self, plan_id: str, owner_id: str | None = None) -> StoredPlan:
        """One plan.

        Args:
            plan_id: Any text.
            owner_id: Who sees it: their own, and those shared with them; None: everybody's.

        Raises:
            PlanNotFound: There is none of this id, or it is somebody else's and not shared.
            DatabaseUnavailable: The store cannot be read at the moment.
        """
        if owner_id is not None and plan_id in self.shown(owner_id):
            owner_id = None
        found = self.store.find(plan_id, owner_id) if is_id(plan_id) else None
        if found is None and is_id(plan_id) and self._catch_up():
            found = self.store.find(plan_id, owner_id)
        if found is None:
            raise PlanNotFound("there is no kept plan of this id; GET /plans lists those there are")
        return found

    def own(self, plan_id: str, owner_id: str) -> StoredPlan:
        """One of the account's own plans, and none that somebody shared with it: only the owner shares a plan.

        Raises:
            PlanNotFound: There is none of this id, or it is somebody else's.
            DatabaseUnavailable: The store cannot be read at the moment.
        """
        found = self.find(plan_id, owner_id)
        if found.summary.owner_id != owner_id:
            raise PlanNotFound("there is no plan of yours of this id")
        return found

    def page(self, query: PlanQuery) -> Sequence[PlanSummary]:
        """Plans, newest first; with an owner those shared with them as well.

        Raises:
            DatabaseUnavailable: The store cannot be read at the moment.
        """
        self._catch_up()
        own = self.store.page(query)
        if query.owner_id is None:
            return own
        shared = self._shared(query, self.shown(query.owner_id))
        found = {plan.plan_id: plan for plan in (*own, *shared)}
        return [found[plan_id] for plan_id in sorted(found, reverse=True)][: query.limit]

    def _shared(self, query: PlanQuery, plan_ids: frozenset[str]) -> list[PlanSummary]:
        """The newest of these plans that a query asks for; ids sort by time, and are asked for a few at a time."""
        found: list[PlanSummary] = []
        wanted = sorted(plan_ids, reverse=True)
        for start in range(0, len(wanted), _AT_ONCE):
            some = frozenset(wanted[start : start + _AT_ONCE])
            found += self.store.page(replace(query, owner_id=None, ids=some))
            if len(found) >= query.limit:
                break
        return found

    def _catch_up(self) -> bool:
        """Whether there was something on its way to the store."""
        if self.journal is None or not self.journal.status().waiting:
            return False
        self.journal.flush(_LONGEST_WAIT_SECONDS)
        return True
