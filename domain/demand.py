"""Turning forecasts into vCPUs and GiB per replica: which series to size from, and through which capacity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.context import Capacity
from domain.metrics import SIZING_METRICS, MetricKind, MetricSpec, Resource, describe_metric
from domain.reasons import Reason, ReasonCode
from domain.series import LoadSeries
from domain.size_constants import rule_for
from domain.size_rule import SizingRule
from domain.sizing import SATURATION_SHARE, Demand

# With fewer hours of maxima than a day, the mean's forecast times their ratio is the better guide.
_ENOUGH_MAXIMA_HOURS = 24
_FRESH_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingBasis:
    """The series a resource is sized from.

    Attributes:
        resource: CPU or memory.
        metric: The metric to forecast.
        factor: What its forecast is multiplied with to stand for the hour's maximum.
        reasons: What a reader should know of the choice.
    """

    resource: Resource
    metric: MetricSpec
    factor: float = 1.0
    reasons: tuple[Reason, ...] = ()


def sizing_bases(series: Mapping[str, LoadSeries]) -> list[SizingBasis]:
    """For each resource with history, what to size from: the hour's maximum where it is known."""
    found = (_basis(resource, specs, series) for resource, specs in SIZING_METRICS.items())
    return [basis for basis in found if basis is not None]


def _basis(resource: Resource, specs: tuple[MetricSpec, ...], series: Mapping[str, LoadSeries]) -> SizingBasis | None:
    for spec in specs:
        mean, maximum = series.get(spec.name), series.get(spec.max_companion or "")
        if maximum is not None and (mean is None or maximum.observed_hours >= _ENOUGH_MAXIMA_HOURS):
            return SizingBasis(resource=resource, metric=describe_metric(spec.max_companion or spec.name))
        if mean is not None and maximum is not None:
            return _scaled_mean(resource, spec, mean, maximum)
        if mean is not None:
            text = f"{spec.name} is known as hourly means only: peaks within the hour are not seen"
            return SizingBasis(resource=resource, metric=spec, reasons=(Reason(ReasonCode.HOURLY_MEAN_ONLY, text),))
    return None


def _scaled_mean(resource: Resource, spec: MetricSpec, mean: LoadSeries, maximum: LoadSeries) -> SizingBasis:
    common = min(len(mean), len(maximum)) if mean.end == maximum.end else 0
    both = mean.observed[-common:] & maximum.observed[-common:] if common else np.zeros(0, dtype=bool)
    total = float(mean.values[-common:][both].sum()) if common else 0.0
    ratio = max(1.0, float(maximum.values[-common:][both].sum()) / total) if total > 0 else 1.0
    text = f"{spec.name}: hourly maxima taken as {ratio:.2f} times the mean, from {int(both.sum())} observed hours"
    return SizingBasis(
        resource=resource, metric=spec, factor=ratio, reasons=(Reason(ReasonCode.MAX_TO_MEAN_RATIO, text),)
    )


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PastPeaks:
    """The last two weeks of a sizing basis, and the rule that weighs them against the forecast.

    Attributes:
        ascending: Observed values × weight, ascending, in the metric's unit.
        rule: The constants for the forecaster and the resource.
    """

    ascending: NDArray[np.float64]
    rule: SizingRule


def past_peaks(basis: SizingBasis, history: LoadSeries, age_hours: int, source: str, weight: float) -> PastPeaks | None:
    """What sizing may know of the past besides the forecast.

    Args:
        basis: What is sized from.
        history: Its observed past, up to two weeks.
        age_hours: How old its newest hour is; beyond a day it says too little of tomorrow's peak.
        source: Who made the forecast; a rule was measured for each forecaster.
        weight: The caller's.
    """
    rule = rule_for(source, basis.resource)
    if rule is None or age_hours > _FRESH_HOURS or not history.observed_hours:
        return None
    return PastPeaks(ascending=np.sort(np.maximum(history.observed_values, 0.0)) * weight, rule=rule)


def demand_of(
    basis: SizingBasis,
    quantiles: NDArray[np.float64],
    history: LoadSeries | None,
    capacity: Capacity,
    replicas: int,
    past: PastPeaks | None = None,
) -> Demand:
    """Demand per replica.

    Args:
        basis: What was forecast.
        quantiles: Shape (24, 7), weighted, unclamped, in the metric's unit.
        history: The basis' history, for the saturation test; None for a scenario.
        capacity: Present capacity per replica; both parts known.
        replicas: Over which an absolute amount, a total of the service, is spread.
        past: What sizing looks at besides the forecast, or None.
    """
    amount = (capacity.vcpus if basis.resource is Resource.CPU else capacity.memory_gib) or 0.0
    is_ratio = basis.metric.kind is MetricKind.RATIO
    scale = basis.factor * (amount if is_ratio else 1.0 / replicas)
    touched = is_ratio and history is not None and touches_capacity(history)
    return Demand(
        resource=basis.resource,
        quantiles=np.maximum(quantiles * scale, 0.0),
        origin=basis.metric.name,
        saturated_at=amount if touched else None,
        past=None if past is None else past.ascending * scale,
        rule=None if past is None else past.rule,
    )


def touches_capacity(history: LoadSeries) -> bool:
    """Whether a ratio history reached 95 % of its capacity, so that demand may be more than was seen."""
    seen = history.observed_values
    return bool(seen.size and float(seen.max()) >= SATURATION_SHARE)


def count_demand(
    name: str, quantiles: NDArray[np.float64], history: LoadSeries, capacity: Capacity
) -> tuple[Demand, Reason] | None:
    """Demand of a service known only by a count: its share of its own observed peak, as a share of its vCPUs."""
    seen = history.observed_values
    peak = float(seen.max()) if seen.size else 0.0
    if peak <= 0:
        return None
    vcpus = capacity.vcpus or 0.0
    text = f"CPU and memory are not known: sized by the share of {name} in its observed peak {peak:.6g}"
    demand = Demand(resource=Resource.CPU, quantiles=np.maximum(quantiles / peak * vcpus, 0.0), origin=name)
    return demand, Reason(ReasonCode.COUNT_SHARE_OF_PEAK, text)
