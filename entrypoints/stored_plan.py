"""What is stored of a plan, from the very shapes that leave the service, and back into them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from domain.alerts.compose import message_of
from domain.alerts.restraint import dedup_key
from domain.plan import HourlyPlan, Plan
from domain.plans.records import PlanDocument, PlanKind, PlanSummary, StoredPlan
from domain.plans.review import PlanReview
from entrypoints.wire import evidence_of, flavor_body, hour_quantiles, hourly_plan_body, plan_body, reasons_of, route_of
from entrypoints.wire_stored import Actual, ActualCapacity, ActualHour, StoredPlanBody, StoredRequest, SummaryBody


def describe_plan(plan: Plan | HourlyPlan, public_url: str | None) -> PlanDocument:
    """What plans of one outlook have in common: the answer in full, without times and keys of a single request."""
    return _describe_day(plan, public_url) if isinstance(plan, Plan) else _describe_hourly(plan)


def _describe_day(plan: Plan, public_url: str | None) -> PlanDocument:
    answer: dict[str, Any] = msgspec.to_builtins(plan_body(plan, detail=True))
    del answer["generated_at"], answer["prediction"]["generated_at"], answer["detail"]["ignored"]
    # The reports of the other detectors cost a forecast; they are made for those who ask only.
    del answer["detail"]["anomalies"]
    message = message_of(plan, public_url)
    return PlanDocument(
        kind=PlanKind.DAY, **_common(plan, answer), recommended_flavor=plan.choice.flavor.name,
        cost_usd_per_day=plan.cost_usd_per_day, is_anomaly=plan.anomaly.is_anomaly,
        message=message, alert_key=dedup_key(message),
    )  # fmt: skip


def _describe_hourly(plan: HourlyPlan) -> PlanDocument:
    answer: dict[str, Any] = msgspec.to_builtins(hourly_plan_body(plan))
    del answer["generated_at"]
    flavors = {hour.flavor.name: hour.flavor for hour in plan.hours}
    answer["detail"] = msgspec.to_builtins(
        {
            "quantiles": hour_quantiles(plan.outlook),
            "flavors": {name: flavor_body(flavor) for name, flavor in flavors.items()},
            "route": route_of(plan.outlook),
            "reasons": reasons_of(plan.reasons),
            "evidence": evidence_of(plan.outlook, plan.request.context, plan.hours[0].flavor),
        }
    )
    return PlanDocument(
        kind=PlanKind.HOURLY, **_common(plan, answer), recommended_flavor=None,
        cost_usd_per_day=plan.total_cost_usd, is_anomaly=False,
    )  # fmt: skip


def _common(plan: Plan | HourlyPlan, answer: dict[str, Any]) -> dict[str, Any]:
    body = msgspec.json.encode(answer).decode()
    return {
        "digest": hashlib.sha256(body.encode()).hexdigest(), "body": body, "service_id": plan.request.service_id,
        "metric_name": plan.request.metric_name, "model_version": plan.outlook.model_version,
        "first_hour": plan.outlook.start,
    }  # fmt: skip


def summary_body(summary: PlanSummary) -> SummaryBody:
    """A kept plan as a list shows it."""
    return SummaryBody(
        plan_id=summary.plan_id, kind=summary.kind.value, service_id=summary.service_id,
        metric_name=summary.metric_name, model_version=summary.model_version, generated_at=summary.generated_at,
        first_forecast_hour=summary.first_hour, recommended_flavor=summary.recommended_flavor,
        expected_cost_per_day=float(summary.cost_usd_per_day), is_anomaly=summary.is_anomaly,
    )  # fmt: skip


def stored_plan_body(plan: StoredPlan, review: PlanReview | None) -> StoredPlanBody:
    """A kept plan with its request and what really happened."""
    summary, request = plan.summary, plan.request
    ignored = request.get("ignored")
    return StoredPlanBody(
        plan_id=summary.plan_id, kind=summary.kind.value, generated_at=summary.generated_at,
        request=StoredRequest(
            service_id=summary.service_id, metric_name=summary.metric_name,
            context=dict(_mapping(request["context"])), ignored=list(ignored) if isinstance(ignored, list) else [],
        ),
        plan=_answer(plan), actual=None if review is None else _actual(review),
    )  # fmt: skip


def _answer(plan: StoredPlan) -> dict[str, Any]:
    """The answer as it was, with its detail; keys in the order of the contract."""
    document, made = plan.document, msgspec.to_builtins(plan.summary.generated_at)
    names = ("service_id", "metric_name", "model_version")
    if plan.summary.kind is PlanKind.HOURLY:
        rest = {name: value for name, value in document.items() if name not in names}
        return {**{name: document[name] for name in names}, "generated_at": made, **rest}
    prediction = _mapping(document["prediction"])
    return {
        "prediction": {
            **{name: prediction[name] for name in names},
            "generated_at": made,
            "predictions": prediction["predictions"],
        },
        "recommended_flavor": document["recommended_flavor"],
        "expected_cost_per_day": document["expected_cost_per_day"],
        "generated_at": made,
        "notes": document["notes"],
        "detail": {**_mapping(document["detail"]), "ignored": plan.request.get("ignored", [])},
    }


def _actual(review: PlanReview) -> Actual:
    return Actual(
        hours=[ActualHour(hour.time, hour.actual, hour.error) for hour in review.hours],
        mean_absolute_error=review.mean_absolute_error,
        coverage=review.coverage,
        capacity=[
            ActualCapacity(item.resource.value, item.metric_name, item.hours, item.hours_over)
            for item in review.capacity
        ],
    )


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError("a stored plan holds an object here")
    return value
