"""Hold a stored plan against what really happened, as far as it has."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import DataSourceUnavailable
from domain.metrics import describe_metric, names_in_history
from domain.plans.records import StoredPlan
from domain.plans.review import PlanReview, claims_of, review
from domain.ports.clock import Clock
from domain.ports.metric_history import HistoryScope, HistoryWindow, MetricHistory
from domain.series import HOUR, LoadSeries, floor_hour


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPlan:
    """Reads the hours of a plan back from the history."""

    history: MetricHistory
    clock: Clock

    def __call__(self, plan: StoredPlan) -> PlanReview | None:
        """What happened; None while no hour of the plan is over, or nothing of it was observed.

        A service without a history of its own, planned from the cluster's, has nothing to be held against.

        Raises:
            DataSourceUnavailable: The history cannot be read at the moment.
        """
        claims = claims_of(plan)
        start = plan.summary.first_hour
        end = min(start + len(claims.hours) * HOUR, floor_hour(self.clock.now()))
        if end <= start:
            return None
        wanted = [plan.summary.metric_name, *(item.metric_name for item in claims.resources)]
        names = tuple(dict.fromkeys(name for metric in wanted for name in names_in_history(describe_metric(metric))))
        window = self.history.window(plan.summary.service_id, names, end=end, hours=len(claims.hours))
        if window.scope is HistoryScope.CLUSTER:
            return None
        sized_from = {name: _series(window, name) for name in wanted[1:]}
        found = review(
            claims, _series(window, wanted[0]), {name: item for name, item in sized_from.items() if item is not None}
        )
        return found if found.hours or found.capacity else None

    def if_known(self, plan: StoredPlan) -> PlanReview | None:
        """The same, and None too while the history cannot be read: a plan can be shown without it."""
        try:
            return self(plan)
        except DataSourceUnavailable:
            return None


def _series(window: HistoryWindow, metric_name: str) -> LoadSeries | None:
    names = names_in_history(describe_metric(metric_name))
    return next((window.series[name] for name in names if name in window.series), None)
