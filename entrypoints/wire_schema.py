"""The shapes that leave the service: the frozen contract of `/plans` (DESIGN §3) and its optional `detail`.

Field order is part of the contract.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType


class Point(Struct, frozen=True):
    """One forecast hour."""

    time: datetime
    value: float


class Prediction(Struct, frozen=True):
    """24 hourly values, the first at the next full hour."""

    service_id: str
    metric_name: str
    model_version: str
    generated_at: datetime
    predictions: list[Point]


class HourQuantiles(Struct, frozen=True):
    """Quantiles of one hour after policy, in the metric's unit."""

    time: datetime
    p50: float
    p90: float
    p95: float
    p99: float


class Anomaly(Struct, frozen=True):
    """The anomaly report; null where there is nothing to compute it from."""

    detector: str
    is_anomaly: bool
    type: str
    score: float | None
    threshold: float
    mean: float | None
    std: float | None
    hours_used: int
    peak: float
    peak_at: datetime


class FlavorBody(Struct, frozen=True):
    """A VM size with its price."""

    provider: str
    name: str
    family: str
    arch: str
    vcpus: float
    memory_gib: float
    region: str
    price_usd_per_hour: float | None
    spot_usd_per_hour: float | None
    source: str
    as_of: str | None


class AlternativeBody(Struct, frozen=True):
    """One point of the risk–cost curve."""

    flavor: str
    vcpus: float
    memory_gib: float
    cost_usd_per_day: float
    cpu_share_over: float | None
    memory_share_over: float | None


class NeedBody(Struct, frozen=True):
    """What one replica needs at the accepted risk; null where the resource is not known."""

    vcpus: float | None
    memory_gib: float | None
    must_exceed_vcpus: float | None
    must_exceed_memory_gib: float | None


class RouteBody(Struct, frozen=True):
    """The routing table's answer and why."""

    model_version: str
    engine: str
    reason: str


class ReasonBody(Struct, frozen=True):
    """A stable code and its sentence."""

    code: str
    text: str


class HistoryEvidence(Struct, frozen=True):
    """The history that was looked at."""

    observed_hours: int
    hours: int
    first_hour: datetime | None
    last_hour: datetime | None
    digest: str


class SizingRuleBody(Struct, frozen=True):
    """How a resource was sized, in vCPUs or GiB per replica.

    ``size`` is the lesser of ``highest_hour`` and ``forecast_need`` ^ w × ``past_need`` ^ (1 − w), w being
    ``forecast_weight``, plus ``margin`` × √(``highest_hour`` × (``highest_hour`` − ``median_hour``)). Below
    ``least_measured_risk`` needs are those at it, and the size goes on from there in proportion to the forecast's need.
    """

    rule: str
    fitted_on: str
    risk: float
    least_measured_risk: float
    forecast_weight: float
    margin: float
    forecast_need: float
    past_need: float
    past_hours: int
    highest_hour: float
    median_hour: float
    size: float


class PolicyEvidence(Struct, frozen=True):
    """The parameters that turned the forecast into a size."""

    weight: float
    metric_kind: str
    upper_bound: float | None
    risk: float
    memory_risk: float
    saturation_share: float
    replicas: int
    capacity_vcpus: float | None
    capacity_memory_gib: float | None
    sized_from: dict[str, str]
    sizing_rules: dict[str, SizingRuleBody]


class SelectionEvidence(Struct, frozen=True):
    """How the LSTM and the baseline share in a forecast; the last two are error ratios on days not used to choose."""

    lstm_weight: float
    rests_on: str
    days_chosen: int
    days_measured: int
    first_day: datetime | None
    last_day: datetime | None
    loss_to_lstm: float | None
    loss_to_baseline: float | None


class Evidence(Struct, frozen=True):
    """All that is needed to replay the plan."""

    first_forecast_hour: datetime
    history: HistoryEvidence
    model: str
    selections: dict[str, SelectionEvidence]
    catalogue_provider: str
    catalogue_as_of: str | None
    policy: PolicyEvidence


class Detail(Struct, frozen=True):
    """What `?detail=full` adds; `anomaly` is the verdict that counts, `anomalies` those of all detectors."""

    quantiles: list[HourQuantiles]
    anomaly: Anomaly
    flavor: FlavorBody
    need: NeedBody
    alternatives: list[AlternativeBody]
    route: RouteBody
    reasons: list[ReasonBody]
    evidence: Evidence
    ignored: list[str]
    anomalies: list[Anomaly]


class PlanBody(Struct, frozen=True):
    """The answer of `POST /plans`."""

    prediction: Prediction
    recommended_flavor: str
    expected_cost_per_day: float
    generated_at: datetime
    notes: str
    detail: Detail | UnsetType = UNSET


class MultiPlanBody(Struct, frozen=True):
    """The answer of `POST /plans/multi`."""

    results: dict[str, PlanBody]
    generated_at: datetime


class HourlyRecommendationBody(Struct, frozen=True):
    """One hour of the schedule."""

    hour_index: int
    timestamp: datetime
    predicted_value: float
    percentile: float
    recommended_flavor: str
    hourly_cost: float


class BreakpointsBody(Struct, frozen=True):
    """Spread of the day's 24 values."""

    p25: float
    p50: float
    p75: float
    mean: float
    stdev: float


class HourlyPlanBody(Struct, frozen=True):
    """The answer of `POST /plans/hourly`."""

    service_id: str
    metric_name: str
    model_version: str
    generated_at: datetime
    hourly_recommendations: list[HourlyRecommendationBody]
    breakpoints: BreakpointsBody
    total_expected_cost_24h: float
    notes: str
