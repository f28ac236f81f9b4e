"""Forget plans, and alerts that are done, when they are old enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from domain.ports.clock import Clock
from domain.ports.plan_store import PlanStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPlans:
    """Keeps the store from growing without end."""

    store: PlanStore
    clock: Clock
    retention_days: int

    def __call__(self, most: int, days: int | None = None) -> int:
        """Forget the oldest, at most so many; returns how many plans were forgotten.

        Args:
            most: Plans at most.
            days: Age from which on they are forgotten; None: the retention time.

        Raises:
            DatabaseUnavailable: The store cannot be written at the moment.
        """
        age = timedelta(days=self.retention_days if days is None else days)
        return self.store.prune(self.clock.now() - age, most)
