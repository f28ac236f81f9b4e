"""How past plans did, summed up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.metrics import Resource
from domain.plans.review import LEVELS, PlanReview


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyKey:
    """What accuracy is summed up by."""

    service_id: str
    metric_name: str
    model_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """How the plans of one service, metric and model did; shares are None where nothing was observed.

    Attributes:
        plans: Distinct plans with observed hours.
        hours: Observed hours in them.
        mean_absolute_error: In the metric's unit.
        wape: Sum of absolute errors over the sum of absolute actual values; None when nothing ran.
        bias: Sum of errors over the same; above 0: forecast too high.
        coverage: Level → share of hours at most that quantile.
        over_capacity: Resource → share of hours that asked more than the recommended flavor has.
    """

    key: AccuracyKey
    plans: int
    hours: int
    mean_absolute_error: float
    wape: float | None
    bias: float | None
    coverage: dict[str, float]
    over_capacity: dict[Resource, float]


def sum_up(key: AccuracyKey, reviews: Iterable[PlanReview]) -> Accuracy | None:
    """Sum up reviews of one key; None when no hour of them was observed. Every hour counts the same."""
    seen = [item for item in reviews if item.hours]
    hours = [hour for item in seen for hour in item.hours]
    if not hours:
        return None
    total = sum(abs(hour.actual) for hour in hours)
    absolute = sum(abs(hour.error) for hour in hours)
    return Accuracy(
        key=key,
        plans=len(seen),
        hours=len(hours),
        mean_absolute_error=absolute / len(hours),
        wape=absolute / total if total > 0 else None,
        bias=sum(hour.error for hour in hours) / total if total > 0 else None,
        coverage={level: sum(item.below[level] for item in seen) / len(hours) for level in LEVELS},
        over_capacity=_over_capacity(seen),
    )


def _over_capacity(reviews: list[PlanReview]) -> dict[Resource, float]:
    shares: dict[Resource, float] = {}
    for resource in Resource:
        found = [item for entry in reviews for item in entry.capacity if item.resource is resource]
        hours = sum(item.hours for item in found)
        if hours:
            shares[resource] = sum(item.hours_over for item in found) / hours
    return shares
