"""From plans to the shapes that leave the service; HTTP and command line send the very same bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET

from domain.anomaly import AnomalyReport
from domain.context import Capacity, MCPContext
from domain.flavors import Flavor
from domain.forecast import QUANTILE_LEVELS
from domain.metrics import Resource
from domain.plan import HourlyPlan, Outlook, Plan
from domain.policy import UPPER_BOUND
from domain.reasons import Reason
from domain.selection import Selection
from domain.series import hours_from
from domain.sizing import MEMORY_RISK_DIVISOR, SATURATION_SHARE, Alternative, Choice
from entrypoints.wire_schema import (
    AlternativeBody,
    Anomaly,
    BreakpointsBody,
    Detail,
    Evidence,
    FlavorBody,
    HistoryEvidence,
    HourlyPlanBody,
    HourlyRecommendationBody,
    HourQuantiles,
    MultiPlanBody,
    NeedBody,
    PlanBody,
    Point,
    PolicyEvidence,
    Prediction,
    ReasonBody,
    RouteBody,
    SelectionEvidence,
    SizingRuleBody,
)

_SHOWN_LEVELS = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def plan_body(plan: Plan, *, detail: bool = False, anomalies: Sequence[AnomalyReport] = ()) -> PlanBody:
    """A plan as it leaves the service.

    Args:
        plan: The plan.
        detail: Whether to add what ``?detail=full`` asks for.
        anomalies: The reports of all detectors, for the detail.
    """
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
        detail=_detail(plan, anomalies) if detail else UNSET,
    )


def multi_plan_body(
    plans: Mapping[str, Plan], *, detail: bool = False, anomalies: Mapping[str, Sequence[AnomalyReport]] | None = None
) -> MultiPlanBody:
    """Several plans as they leave the service; arguments as of ``plan_body``, by metric name."""
    found = anomalies or {}
    newest = max(plan.generated_at for plan in plans.values())
    return MultiPlanBody(
        results={name: plan_body(plan, detail=detail, anomalies=found.get(name, ())) for name, plan in plans.items()},
        generated_at=newest,
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


def _detail(plan: Plan, anomalies: Sequence[AnomalyReport]) -> Detail:
    outlook, flavor = plan.outlook, plan.choice.flavor
    return Detail(
        quantiles=hour_quantiles(outlook),
        anomaly=_anomaly(plan.anomaly),
        flavor=flavor_body(flavor),
        need=_need(plan.choice),
        alternatives=[_alternative(item) for item in plan.alternatives],
        route=route_of(outlook),
        reasons=reasons_of(plan.reasons),
        evidence=evidence_of(outlook, plan.request.context, flavor),
        ignored=list(plan.request.ignored),
        anomalies=[_anomaly(report) for report in anomalies],
    )


def route_of(outlook: Outlook) -> RouteBody:
    """The route taken and why."""
    return RouteBody(outlook.route.model_version, outlook.route.engine.value, outlook.route.reason)


def reasons_of(reasons: Sequence[Reason]) -> list[ReasonBody]:
    """The reasons with their codes."""
    return [ReasonBody(reason.code.value, reason.text) for reason in reasons]


def hour_quantiles(outlook: Outlook) -> list[HourQuantiles]:
    """The forecast's quantiles per hour, after policy."""
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


def _selection(selection: Selection) -> SelectionEvidence:
    return SelectionEvidence(
        lstm_weight=selection.lstm_weight, rests_on=selection.rests_on.value, days_chosen=selection.days_chosen,
        days_measured=selection.days_measured, first_day=selection.first_day, last_day=selection.last_day,
        loss_to_lstm=selection.loss_to_lstm, loss_to_baseline=selection.loss_to_baseline,
    )  # fmt: skip


def evidence_of(outlook: Outlook, context: MCPContext, flavor: Flavor) -> Evidence:
    """All that is needed to replay a plan."""
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
        selections={name: _selection(selection) for name, selection in outlook.selections.items()},
        catalogue_provider=flavor.provider,
        catalogue_as_of=flavor.as_of.isoformat() if flavor.as_of else None,
        policy=PolicyEvidence(
            weight=context.weight, metric_kind=outlook.metric.kind.value,
            upper_bound=UPPER_BOUND[outlook.metric.kind], risk=context.risk,
            memory_risk=context.risk / MEMORY_RISK_DIVISOR, saturation_share=SATURATION_SHARE,
            replicas=context.replicas, capacity_vcpus=capacity.vcpus, capacity_memory_gib=capacity.memory_gib,
            sized_from={kind.value: outlook.demands[kind].origin for kind in Resource if kind in outlook.demands},
            sizing_rules=_sizing_rules(outlook, context.risk),
        ),
    )  # fmt: skip


def _sizing_rules(outlook: Outlook, risk: float) -> dict[str, SizingRuleBody]:
    """Per resource the rule that made the size; none where the forecast alone did."""
    found: dict[str, SizingRuleBody] = {}
    for kind, demand in outlook.demands.items():
        parts = demand.parts(risk)
        if parts is not None:
            found[kind.value] = SizingRuleBody(
                rule=parts.rule.name, fitted_on=parts.rule.fitted_on, risk=parts.risk,
                least_measured_risk=parts.rule.least_risk, forecast_weight=parts.rule.forecast_weight,
                margin=parts.margin, forecast_need=parts.forecast_need, past_need=parts.past_need,
                past_hours=parts.past_hours, highest_hour=parts.highest_hour, median_hour=parts.median_hour,
                size=parts.size,
            )  # fmt: skip
    return found
