"""A plan: the answer to one request, with everything needed to explain and replay it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from domain.anomaly import AnomalyReport
from domain.context import Capacity
from domain.flavors import Flavor
from domain.forecast import MEDIAN_INDEX
from domain.metrics import MetricSpec, Resource
from domain.plan_request import PlanRequest
from domain.ports.forecaster import ForecastRequest
from domain.reasons import Reason, as_notes
from domain.routing import Route
from domain.selection import Selection
from domain.series import HOUR, LoadSeries
from domain.sizing import Alternative, Choice, Demand, Need, alternatives

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Outlook:
    """What is known of the next 24 hours, before a flavor is chosen.

    Attributes:
        start: First forecast hour, UTC.
        metric: The metric asked for.
        history: Its observed past, empty when there is none.
        history_digest: Digest of everything the source holds within the window.
        route: The routing table's answer.
        model_version: Route's version, with ``_statistical`` or ``_fallback`` when the baseline answered.
        source: ``statistical``, ``fallback`` or ``lstm``: what really made the forecast shown.
        model_id: Which forecaster, and for a model which artefact, made the forecast.
        asked: What the forecaster of the metric was asked; None where the scenario answered.
        selections: Metric forecast → how model and baseline share in its answer, and why; empty where only one could.
        weighted: Shape (24, 7): quantiles × weight, unclamped.
        shown: Shape (24, 7): the same, clamped by the metric's kind.
        demands: Per resource, what one replica has to carry; empty when nothing is known of it.
        capacity: Present capacity per replica, declared or assumed.
        current_flavor: The flavor the service runs on, when the context names one.
        reasons: What a reader should know so far.
    """

    start: datetime
    metric: MetricSpec
    history: LoadSeries
    history_digest: str
    route: Route
    model_version: str
    source: str
    model_id: str
    asked: ForecastRequest | None
    selections: Mapping[str, Selection]
    weighted: Floats
    shown: Floats
    demands: Mapping[Resource, Demand]
    capacity: Capacity
    current_flavor: Flavor | None
    reasons: tuple[Reason, ...]

    @property
    def median(self) -> Floats:
        """Shape (24,): the value shown per hour."""
        return self.shown[:, MEDIAN_INDEX]

    def hour(self, step: int) -> datetime:
        """Start of the ``step``-th forecast hour."""
        return self.start + step * HOUR


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """The recommended flavor for the next 24 hours, its cost, and why.

    Attributes:
        request: What was asked.
        generated_at: When the plan was made (server's clock).
        outlook: What is expected.
        anomaly: Whether the day ahead is out of the ordinary.
        choice: The flavor and the need it covers.
        candidates: The flavors it was chosen from, cheapest first.
        cost_usd_per_day: On-demand price × 24 × replicas.
        reasons: Why, in the order in which a reader wants it.
    """

    request: PlanRequest
    generated_at: datetime
    outlook: Outlook
    anomaly: AnomalyReport
    choice: Choice
    candidates: Sequence[Flavor]
    cost_usd_per_day: Decimal
    reasons: tuple[Reason, ...]

    @property
    def notes(self) -> str:
        """The reasons as one text."""
        return as_notes(self.reasons)

    @property
    def alternatives(self) -> list[Alternative]:
        """The risk–cost curve; worked out when asked for, as most callers never look at it."""
        return alternatives(self.outlook.demands, self.candidates, self.request.context.replicas)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyRecommendation:
    """One hour of an hourly schedule.

    Attributes:
        hour_index: 0 to 23.
        timestamp: Start of the hour, UTC.
        predicted_value: Median after policy, in the metric's unit.
        percentile: Rank of the value among the day's 24, from 0 (lowest) to 1 (highest), ties averaged.
        flavor: The cheapest that carries the hour at the accepted risk.
        cost_usd: Price of the hour × replicas.
        need: What the flavor was held against.
    """

    hour_index: int
    timestamp: datetime
    predicted_value: float
    percentile: float
    flavor: Flavor
    cost_usd: Decimal
    need: Need


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakpoints:
    """Spread of the day's 24 values; ``stdev`` is the population standard deviation."""

    p25: float
    p50: float
    p75: float
    mean: float
    stdev: float


@dataclass(frozen=True, eq=False, kw_only=True)
class HourlyPlan:
    """24 hourly recommendations; attributes as in ``Plan``."""

    request: PlanRequest
    generated_at: datetime
    outlook: Outlook
    hours: tuple[HourlyRecommendation, ...]
    breakpoints: Breakpoints
    total_cost_usd: Decimal
    reasons: tuple[Reason, ...]

    @property
    def notes(self) -> str:
        """The reasons as one text."""
        return as_notes(self.reasons)


def ranks(values: Floats) -> Floats:
    """Shape (n,): rank of each value among all, 0 for the lowest and 1 for the highest; ties share their mean rank."""
    below = (values[None, :] < values[:, None]).sum(axis=1)
    equal = (values[None, :] == values[:, None]).sum(axis=1)
    span = max(values.size - 1, 1)
    result: Floats = (below + (equal - 1) / 2) / span
    return result


def breakpoints_of(values: Floats) -> Breakpoints:
    """Quartiles (linear interpolation), mean and population standard deviation of shape (n,)."""
    p25, p50, p75 = np.quantile(values, [0.25, 0.5, 0.75])
    return Breakpoints(
        p25=float(p25), p50=float(p50), p75=float(p75), mean=float(values.mean()), stdev=float(values.std())
    )
