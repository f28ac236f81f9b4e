"""What really happened beside what a stored plan said would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.metrics import MetricKind, Resource, describe_metric
from domain.plans.records import PlanKind, StoredPlan
from domain.series import HOUR, LoadSeries

LEVELS = ("p50", "p90", "p95", "p99")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHour:
    """One hour as it was forecast: quantiles after policy, in the metric's unit, in the order of ``LEVELS``."""

    time: datetime
    quantiles: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedResource:
    """One resource as it was sized, per replica.

    Attributes:
        resource: CPU or memory.
        metric_name: The metric it was sized from.
        per_replica: What a value of that metric is multiplied with to be vCPUs or GiB per replica.
        recommended: vCPUs or GiB of the flavor recommended for each hour, in the order of the forecast.
    """

    resource: Resource
    metric_name: str
    per_replica: float
    recommended: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanClaims:
    """What a stored plan can be held to.

    Attributes:
        hours: The forecast.
        weight: Factor the caller put on it; with any other than 1 the forecast is not a plain expectation.
        resources: What was sized. A service sized by a count alone has none.
    """

    hours: tuple[PlannedHour, ...]
    weight: float
    resources: tuple[PlannedResource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HourReview:
    """One hour that has come to pass; ``error`` is forecast median minus actual."""

    time: datetime
    actual: float
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityReview:
    """Observed hours of a resource, and how many of them asked more than the flavor recommended for them has."""

    resource: Resource
    metric_name: str
    hours: int
    hours_over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReview:
    """What happened in the hours of a plan that have been observed.

    Attributes:
        hours: The observed hours, in order.
        below: Level → observed hours whose actual value was at most that quantile.
        capacity: Per resource with observed hours.
    """

    hours: tuple[HourReview, ...]
    below: Mapping[str, int]
    capacity: tuple[CapacityReview, ...]

    @property
    def mean_absolute_error(self) -> float | None:
        """In the metric's unit; None without an observed hour."""
        return sum(abs(hour.error) for hour in self.hours) / len(self.hours) if self.hours else None

    @property
    def coverage(self) -> dict[str, float]:
        """Level → share of observed hours at most that quantile; empty without an observed hour."""
        return {level: count / len(self.hours) for level, count in self.below.items()} if self.hours else {}


def claims_of(plan: StoredPlan) -> PlanClaims:
    """Read what a stored plan can be held to.

    Raises:
        KeyError, TypeError, ValueError: The document is not one of ours.
    """
    detail = _mapping(plan.document["detail"])
    policy = _mapping(_mapping(detail["evidence"])["policy"])
    hours = tuple(_planned_hour(_mapping(row)) for row in _list(detail["quantiles"]))
    if plan.summary.kind is PlanKind.HOURLY:
        flavors = _mapping(detail["flavors"])
        rows = _list(plan.document["hourly_recommendations"])
        chosen = [_mapping(flavors[str(_mapping(row)["recommended_flavor"])]) for row in rows]
    else:
        chosen = [_mapping(detail["flavor"])] * len(hours)
    return PlanClaims(
        hours=hours, weight=_number(policy["weight"]), resources=tuple(_planned_resources(policy, chosen))
    )


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError("a JSON object was expected")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a JSON array was expected")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError("a number was expected")
    return float(value)


def _planned_hour(row: Mapping[str, object]) -> PlannedHour:
    p50, p90, p95, p99 = (_number(row[level]) for level in LEVELS)
    return PlannedHour(time=datetime.fromisoformat(str(row["time"])), quantiles=(p50, p90, p95, p99))


def _planned_resources(
    policy: Mapping[str, object], flavors: Sequence[Mapping[str, object]]
) -> Iterable[PlannedResource]:
    for resource, capacity_key, flavor_key in (
        (Resource.CPU, "capacity_vcpus", "vcpus"),
        (Resource.MEMORY, "capacity_memory_gib", "memory_gib"),
    ):
        name = _mapping(policy["sized_from"]).get(resource.value)
        capacity = policy[capacity_key]
        metric = None if name is None else describe_metric(str(name))
        # A count says how busy a service is, not what it uses.
        if metric is None or metric.resource is None:
            continue
        is_ratio = metric.kind is MetricKind.RATIO
        if is_ratio and capacity is None:
            continue
        factor = _number(capacity) if is_ratio else 1.0 / _number(policy["replicas"])
        recommended = tuple(_number(flavor[flavor_key]) for flavor in flavors)
        yield PlannedResource(resource=resource, metric_name=metric.name, per_replica=factor, recommended=recommended)


def review(claims: PlanClaims, actual: LoadSeries | None, sized_from: Mapping[str, LoadSeries]) -> PlanReview:
    """Hold a plan's claims against what was observed.

    Args:
        claims: What the plan said.
        actual: The metric asked for; None when nothing of it was observed.
        sized_from: Metric name → what was observed of it; metrics without an observation may be absent.
    """
    observed = _observed(actual)
    pairs = [(hour, observed[hour.time]) for hour in claims.hours if hour.time in observed]
    return PlanReview(
        hours=tuple(HourReview(time=hour.time, actual=value, error=hour.quantiles[0] - value) for hour, value in pairs),
        below={
            level: sum(value <= hour.quantiles[index] for hour, value in pairs) for index, level in enumerate(LEVELS)
        },
        capacity=tuple(_capacity_reviews(claims, sized_from)),
    )


def _capacity_reviews(claims: PlanClaims, sized_from: Mapping[str, LoadSeries]) -> Iterable[CapacityReview]:
    for item in claims.resources:
        observed = _observed(sized_from.get(item.metric_name))
        offered = {hour.time: amount for hour, amount in zip(claims.hours, item.recommended, strict=True)}
        used = {time: value * item.per_replica for time, value in observed.items() if time in offered}
        if used:
            yield CapacityReview(
                resource=item.resource, metric_name=item.metric_name, hours=len(used),
                hours_over=sum(amount > offered[time] for time, amount in used.items()),
            )  # fmt: skip


def _observed(series: LoadSeries | None) -> dict[datetime, float]:
    if series is None:
        return {}
    values: Sequence[float] = series.values.tolist()
    return {
        series.start + step * HOUR: value
        for step, (value, seen) in enumerate(zip(values, series.observed.tolist(), strict=True))
        if seen
    }
