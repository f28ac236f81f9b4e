"""Port: where plans are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.plans.records import PlanQuery, PlanRecord, PlanSummary, StoredPlan


class PlanStore(Protocol):
    """Keeps plans, and in the same transaction the alerts they give rise to. Thread-safe."""

    def save(self, records: Sequence[PlanRecord]) -> None:
        """Store plans with their documents and alerts: all of them or none.

        A plan that is stored already is left as it is, so that a batch can be tried again. An anomaly becomes an
        alert, or counts as a duplicate of one told within the dedup time; the end of one told becomes a recovery.

        Raises:
            DatabaseUnavailable: The store cannot be written at the moment; nothing was stored.
        """
        ...

    def find(self, plan_id: str, owner_id: str | None = None) -> StoredPlan | None:
        """One plan; None when there is none of that id, or it is not the owner's.

        Args:
            plan_id: Any text.
            owner_id: Whose it must be; None: anyone's.

        Raises:
            DatabaseUnavailable: The store cannot be read at the moment.
        """
        ...

    def page(self, query: PlanQuery) -> Sequence[PlanSummary]:
        """Plans, newest first.

        Raises:
            DatabaseUnavailable: The store cannot be read at the moment.
        """
        ...

    def prune(self, before: datetime, limit: int) -> int:
        """Forget the oldest plans made before a moment, at most ``limit``; returns how many.

        Documents nobody refers to any more go with them, and alerts of that age that are no longer pending.

        Raises:
            DatabaseUnavailable: The store cannot be written at the moment.
        """
        ...
