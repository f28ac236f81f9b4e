"""Plans to be stored in tests: no field at its default."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from domain.alerts.message import AlertKind
from domain.alerts.restraint import dedup_key
from domain.plans.ids import RANDOM_BYTES, time_ordered_id
from domain.plans.records import PlanDocument, PlanKind, PlanRecord
from domain.series import HOUR, floor_hour
from tests.fakes.alerts import an_alert

MADE_AT = datetime(2026, 11, 23, 12, 0, 30, 250_000, tzinfo=UTC)
_numbers = count(1)


def a_document(
    service: str = "shop",
    metric: str = "avg_cpu",
    *,
    anomaly: bool = False,
    model: str = "web_peak_lstm_v1",
    slot: str = "peak",
    first_hour: datetime | None = None,
    score: float = 4.25,
    body: dict[str, object] | None = None,
) -> PlanDocument:
    """What a plan says; the same arguments give the same document."""
    hour = first_hour or floor_hour(MADE_AT) + HOUR
    said = {"service": service, "metric": metric, "at": hour.isoformat(), "anomaly": anomaly, "text": "größer ☁"}
    text = json.dumps(body or said, ensure_ascii=False)
    message = an_alert(
        alert_id="", kind=AlertKind.ANOMALY if anomaly else AlertKind.RECOVERY, service_id=service, metric_name=metric,
        model_version=model, time_slot=slot, plan_id=None, plan_url="https://planner.example/plans/", suppressed=0,
        score=score if anomaly else 0.5,
    )  # fmt: skip
    return PlanDocument(
        kind=PlanKind.DAY, digest=hashlib.sha256(text.encode()).hexdigest(), body=text, service_id=service,
        metric_name=metric,
        model_version=model, first_hour=hour, recommended_flavor="m5.large", cost_usd_per_day=Decimal("2.304000"),
        is_anomaly=anomaly, message=message, alert_key=dedup_key(message),
    )  # fmt: skip


def a_plan(
    service: str = "shop",
    metric: str = "avg_cpu",
    *,
    anomaly: bool = False,
    made_at: datetime | None = None,
    owner: str | None = None,
    document: PlanDocument | None = None,
    **changes: object,
) -> PlanRecord:
    """One plan, with an id of its own; made a millisecond after the one before it unless ``made_at`` is given."""
    number = next(_numbers)
    moment = made_at or MADE_AT + timedelta(milliseconds=number)
    return PlanRecord(
        plan_id=time_ordered_id(moment, number.to_bytes(RANDOM_BYTES)), owner_id=owner, generated_at=moment,
        request=json.dumps({"context": {"context_id": f"ctx-{number}"}, "ignored": ["/x"]}),
        document=document or a_document(service, metric, anomaly=anomaly, **changes),  # type: ignore[arg-type]
    )  # fmt: skip


def with_id(plan: PlanRecord, plan_id: str) -> PlanRecord:
    """The same plan under another id."""
    return replace(plan, plan_id=plan_id)


def an_hourly_plan(service: str = "shop", metric: str = "avg_cpu") -> PlanRecord:
    """A plan hour by hour: no single flavor, and nobody asked whether the day is out of the ordinary."""
    plan = a_plan(service, metric)
    document = replace(
        plan.document, kind=PlanKind.HOURLY, digest=hashlib.sha256(f"hourly {service} {metric}".encode()).hexdigest(),
        recommended_flavor=None, message=None, alert_key=None,
    )  # fmt: skip
    return replace(plan, document=document)
