"""What an alert says: from plans, and from many alerts at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from domain.alerts.message import AlertKind, AlertMessage
from domain.anomaly import DetectorName
from domain.metrics import MetricKind
from domain.plan import Plan

_NAMED_IN_SUMMARY = 3
_MONEY = Decimal("0.000001")


def message_of(plan: Plan, public_url: str | None) -> AlertMessage:
    """What would be told of a plan: its anomaly, or that there is none any more.

    Args:
        plan: The plan; ``addressed`` fills in its id.
        public_url: Address of the service as people reach it; None: the message links nowhere.
    """
    report, outlook = plan.anomaly, plan.outlook
    return AlertMessage(
        alert_id="", kind=AlertKind.ANOMALY if report.is_anomaly else AlertKind.RECOVERY,
        service_id=plan.request.service_id, metric_name=plan.request.metric_name,
        model_version=outlook.model_version, time_slot=plan.request.context.time_slot.value,
        detector=report.detector, score=report.score, threshold=report.threshold,
        peak=report.peak, peak_at=report.peak_at, mean=report.mean, std=report.std,
        unit="" if outlook.metric.kind is MetricKind.COUNT else outlook.metric.unit,
        recommended_flavor=plan.choice.flavor.name, expected_cost_per_day=plan.cost_usd_per_day.quantize(_MONEY),
        plan_id=None, plan_url=f"{public_url.rstrip('/')}/plans/" if public_url else None,
        created_at=plan.generated_at, suggested_action=_action(plan),
    )  # fmt: skip


def addressed(
    message: AlertMessage, *, alert_id: str, is_kept: bool, created_at: datetime, suppressed: int
) -> AlertMessage:
    """A plan's message with the plan's id as the alert's own, so that it is the same on every try.

    Args:
        message: What is told.
        alert_id: The plan's id.
        is_kept: Whether the plan can be read under this id.
        created_at: When the plan was made.
        suppressed: Duplicates since the last one told.
    """
    url = message.plan_url + alert_id if message.plan_url is not None and is_kept else None
    return replace(
        message, alert_id=alert_id, plan_id=alert_id if is_kept else None, plan_url=url, created_at=created_at,
        suppressed=suppressed,
    )  # fmt: skip


def summary_of(worst: list[AlertMessage], *, alert_id: str, count: int, services: int, now: datetime) -> AlertMessage:
    """One message for the alerts that were too many to be sent one by one.

    Args:
        worst: Some of them, highest score first, at least one.
        alert_id: Id of the summary.
        count: How many alerts it stands for.
        services: Of how many services.
        now: The present.
    """
    first = worst[0]
    named = "; ".join(_line(message) for message in worst[:_NAMED_IN_SUMMARY])
    text = f"{count} alerts of {services} services came at once. Highest: {named}. See GET /alerts for all of them."
    return replace(
        first, alert_id=alert_id, kind=AlertKind.SUMMARY, service_id=f"{services} services",
        plan_id=None, plan_url=None, created_at=now, suppressed=count, suggested_action=text,
    )  # fmt: skip


def _line(message: AlertMessage) -> str:
    score = "" if message.score is None else f" (score {message.score:.1f})"
    return f"{message.service_id} {message.metric_name}{score}"


def _action(plan: Plan) -> str:
    report, flavor = plan.anomaly, plan.choice.flavor.name
    if report.detector == DetectorName.OBSERVED:
        return _action_on_what_was_seen(report.is_anomaly, report.type, flavor)
    if not report.is_anomaly:
        return f"Nothing to do: the day ahead is within the usual again; {flavor} carries it."
    if plan.choice.beyond_largest:
        return f"Add replicas before the peak: it is more than the largest size, {flavor}, carries."
    current = plan.outlook.current_flavor
    if current is not None and current.name == flavor:
        return f"Find out what drives the peak; {flavor}, the present size, carries it."
    return f"Find out what drives the peak, and have {flavor} ready before it."


def _action_on_what_was_seen(is_anomaly: bool, kind: str, flavor: str) -> str:
    """No peak lies ahead that one could prepare for: it has happened."""
    if not is_anomaly:
        return "Nothing to do: the newest hours are within what was forecast of them again."
    if kind == "drop":
        return "Find out why the load broke off: callers may not reach the service."
    return f"Find out what drives the load; {flavor} carries the day ahead as it is forecast now."
