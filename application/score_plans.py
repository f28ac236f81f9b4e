"""How past plans did, per service, metric and model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from application.review_plan import ReviewPlan
from domain.plans.accuracy import Accuracy, AccuracyKey, sum_up
from domain.plans.records import MAX_PAGE, PlanQuery, PlanSummary
from domain.plans.review import PlanReview, claims_of
from domain.ports.plan_store import PlanStore


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanScores:
    """Accuracy by key, and what was left out of it.

    Attributes:
        accuracies: Sorted by service, metric and model.
        plans: Stored plans looked at.
        repeated: Of them, such that say the very same as one already counted.
        weighted: Of them, such whose forecast the caller had multiplied: they are not plain expectations.
        open: Of them, such of which no hour has been observed yet.
    """

    accuracies: tuple[Accuracy, ...]
    plans: int
    repeated: int
    weighted: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePlans:
    """Reviews stored plans and sums the reviews up."""

    store: PlanStore
    review_plan: ReviewPlan

    def __call__(self, query: PlanQuery, most: int) -> PlanScores:
        """Score the newest plans of a query.

        Args:
            query: Which plans; its limit is not looked at.
            most: Plans looked at, at most.

        Raises:
            DatabaseUnavailable: The store cannot be read.
            DataSourceUnavailable: The history cannot be read.
        """
        reviews: dict[AccuracyKey, list[PlanReview]] = defaultdict(list)
        counts = {"plans": 0, "repeated": 0, "weighted": 0, "open": 0}
        seen: set[str] = set()
        for summary in self._newest(query, most):
            counts["plans"] += 1
            if summary.digest in seen:
                counts["repeated"] += 1
                continue
            seen.add(summary.digest)
            plan = self.store.find(summary.plan_id)
            if plan is None:
                continue
            if claims_of(plan).weight != 1.0:
                counts["weighted"] += 1
                continue
            found = self.review_plan(plan)
            if found is None:
                counts["open"] += 1
                continue
            reviews[_key(summary)].append(found)
        summed = (sum_up(key, reviews[key]) for key in sorted(reviews, key=_order))
        return PlanScores(accuracies=tuple(item for item in summed if item is not None), **counts)

    def _newest(self, query: PlanQuery, most: int) -> Iterator[PlanSummary]:
        before, left = query.before_id, most
        while left > 0:
            page = self.store.page(replace(query, before_id=before, limit=min(MAX_PAGE, left)))
            yield from page
            if not page:
                return
            left -= len(page)
            before = page[-1].plan_id


def _key(summary: PlanSummary) -> AccuracyKey:
    return AccuracyKey(
        service_id=summary.service_id, metric_name=summary.metric_name, model_version=summary.model_version
    )


def _order(key: AccuracyKey) -> tuple[str, str, str]:
    return key.service_id, key.metric_name, key.model_version
