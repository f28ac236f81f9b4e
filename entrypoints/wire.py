"""The shapes that leave the service: the frozen contract of `/plans` (DESIGN §3) and its optional `detail`.

HTTP and command line send the very same bodies. Field order is part of the contract.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from domain.anomaly import AnomalyReport
from domain.context import Capacity
from domain.flavors import Flavor
from domain.forecast import QUANTILE_LEVELS
from domain.metrics import Resource
from domain.plan import HourlyPlan, Outlook, Plan
from domain.policy import UPPER_BOUND
from domain.series import hours_from
from domain.sizing import MEMORY_RISK_DIVISOR, SATURATION_SHARE, Alternative, Choice

_SHOWN_LEVELS = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


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


class Evidence(Struct, frozen=True):
    """All that is needed to replay the plan."""

    first_forecast_hour: datetime
    history: HistoryEvidence
    model: str
    catalogue_provider: str
    catalogue_as_of: str | None
    policy: PolicyEvidence


class Detail(Struct, frozen=True):
    """What `?detail=full` adds."""

    quantiles: list[HourQuantiles]
    anomaly: Anomaly
    flavor: FlavorBody
    need: NeedBody
    alternatives: list[AlternativeBody]
    route: RouteBody
    reasons: list[ReasonBody]
    evidence: Evidence
    ignored: list[str]


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


def plan_body(plan: Plan, *, detail: bool = False) -> PlanBody:
    """A plan as it leaves the service."""
    outlook = plan.outlook
    values = outlook.median.tolist()
    times = hours_from(outlook.start, len(values))
    return PlanBody(
        prediction=Prediction(
            service_id=plan.request.service_id,
            metric_name=plan.request.metric_name,
            model_version=outlook.model_version,
            generated_at=plan.generated_at,
            predictions=[Point(time, value) for time, value in zip(times, values, strict=True)],
        ),
        recommended_flavor=plan.choice.flavor.name,
        expected_cost_per_day=float(plan.cost_usd_per_day),
        generated_at=plan.generated_at,
        notes=plan.notes,
        detail=_detail(plan) if detail else UNSET,
    )


def multi_plan_body(plans: dict[str, Plan], *, detail: bool = False) -> MultiPlanBody:
    """Several plans as they leave the service."""
    newest = max(plan.generated_at for plan in plans.values())
    return MultiPlanBody(
        results={name: plan_body(plan, detail=detail) for name, plan in plans.items()}, generated_at=newest
    )


def hourly_plan_body(plan: HourlyPlan) -> HourlyPlanBody:
    """An hourly plan as it leaves the service."""
    spread = plan.breakpoints
    return HourlyPlanBody(
        service_id=plan.request.service_id,
        metric_name=plan.request.metric_name,
        model_version=plan.outlook.model_version,
        generated_at=plan.generated_at,
        hourly_recommendations=[
            HourlyRecommendationBody(
                hour_index=hour.hour_index, timestamp=hour.timestamp, predicted_value=hour.predicted_value,
                percentile=hour.percentile, recommended_flavor=hour.flavor.name, hourly_cost=float(hour.cost_usd),
            )
            for hour in plan.hours
        ],
        breakpoints=BreakpointsBody(spread.p25, spread.p50, spread.p75, spread.mean, spread.stdev),
        total_expected_cost_24h=float(plan.total_cost_usd),
        notes=plan.notes,
    )  # fmt: skip


def flavor_body(flavor: Flavor) -> FlavorBody:
    """A flavor as it leaves the service."""
    return FlavorBody(
        provider=flavor.provider, name=flavor.name, family=flavor.family, arch=flavor.arch, vcpus=flavor.vcpus,
        memory_gib=flavor.memory_gib, region=flavor.region,
        price_usd_per_hour=None if flavor.price_usd_per_hour is None else float(flavor.price_usd_per_hour),
        spot_usd_per_hour=None if flavor.spot_usd_per_hour is None else float(flavor.spot_usd_per_hour),
        source=flavor.source, as_of=flavor.as_of.isoformat() if flavor.as_of else None,
    )  # fmt: skip


def _detail(plan: Plan) -> Detail:
    outlook, flavor = plan.outlook, plan.choice.flavor
    return Detail(
        quantiles=_quantiles(outlook),
        anomaly=_anomaly(plan.anomaly),
        flavor=flavor_body(flavor),
        need=_need(plan.choice),
        alternatives=[_alternative(item) for item in plan.alternatives],
        route=RouteBody(outlook.route.model_version, outlook.route.engine.value, outlook.route.reason),
        reasons=[ReasonBody(reason.code.value, reason.text) for reason in plan.reasons],
        evidence=_evidence(plan),
        ignored=list(plan.request.ignored),
    )


def _quantiles(outlook: Outlook) -> list[HourQuantiles]:
    columns = [outlook.shown[:, QUANTILE_LEVELS.index(level)].tolist() for level in _SHOWN_LEVELS.values()]
    hours = hours_from(outlook.start, len(columns[0]))
    return [HourQuantiles(*row) for row in zip(hours, *columns, strict=True)]


def _anomaly(report: AnomalyReport) -> Anomaly:
    return Anomaly(
        detector=report.detector, is_anomaly=report.is_anomaly, type=report.type, score=report.score,
        threshold=report.threshold, mean=report.mean, std=report.std, hours_used=report.hours_used,
        peak=report.peak, peak_at=report.peak_at,
    )  # fmt: skip


def _need(choice: Choice) -> NeedBody:
    need = choice.need
    return NeedBody(need.vcpus, need.memory_gib, need.above_vcpus, need.above_memory_gib)


def _alternative(item: Alternative) -> AlternativeBody:
    return AlternativeBody(
        flavor=item.flavor.name, vcpus=item.flavor.vcpus, memory_gib=item.flavor.memory_gib,
        cost_usd_per_day=float(item.cost_usd_per_day), cpu_share_over=item.cpu_share_over,
        memory_share_over=item.memory_share_over,
    )  # fmt: skip


def _evidence(plan: Plan) -> Evidence:
    outlook, context, flavor = plan.outlook, plan.request.context, plan.choice.flavor
    history = outlook.history
    seen = len(history) > 0
    capacity: Capacity = outlook.capacity
    return Evidence(
        first_forecast_hour=outlook.start,
        history=HistoryEvidence(
            observed_hours=history.observed_hours, hours=len(history),
            first_hour=history.start if seen else None,
            last_hour=hours_from(history.start, len(history))[-1] if seen else None,
            digest=outlook.history_digest,
        ),
        model=outlook.model_id,
        catalogue_provider=flavor.provider,
        catalogue_as_of=flavor.as_of.isoformat() if flavor.as_of else None,
        policy=PolicyEvidence(
            weight=context.weight, metric_kind=outlook.metric.kind.value,
            upper_bound=UPPER_BOUND[outlook.metric.kind], risk=context.risk,
            memory_risk=context.risk / MEMORY_RISK_DIVISOR, saturation_share=SATURATION_SHARE,
            replicas=context.replicas, capacity_vcpus=capacity.vcpus, capacity_memory_gib=capacity.memory_gib,
            sized_from={kind.value: outlook.demands[kind].origin for kind in Resource if kind in outlook.demands},
        ),
    )  # fmt: skip
