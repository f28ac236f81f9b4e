"""The shapes of alerts, as `GET /alerts` and `mcp-core alerts list` show them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from domain.alerts.outbox import AlertEntry


class DeliveryBody(Struct, frozen=True):
    """One channel of an alert: where it stands, how often it was tried, what was answered last."""

    channel: str
    state: str
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    sent_at: datetime | None
    last_status: int | None
    last_detail: str


class AlertBody(Struct, frozen=True):
    """An alert; `told_by` is the alert that stands for a suppressed one, `suppressed` how many this one stands for."""

    alert_id: str
    kind: str
    state: str
    created_at: datetime
    told_by: str | None
    service_id: str
    metric_name: str
    model_version: str
    time_slot: str
    score: float | None
    threshold: float
    peak: float
    peak_at: datetime
    recommended_flavor: str
    plan_id: str | None
    suppressed: int
    suggested_action: str
    deliveries: list[DeliveryBody]


class AlertPage(Struct, frozen=True):
    """Alerts, newest first; `next` is the cursor of the page after, null on the last one."""

    alerts: list[AlertBody]
    next: str | None


def alert_body(entry: AlertEntry) -> AlertBody:
    """An alert as it leaves the service."""
    message = entry.message
    return AlertBody(
        alert_id=entry.alert_id, kind=entry.kind.value, state=entry.state.value, created_at=entry.created_at,
        told_by=entry.told_by, service_id=message.service_id, metric_name=message.metric_name,
        model_version=message.model_version, time_slot=message.time_slot, score=message.score,
        threshold=message.threshold, peak=message.peak, peak_at=message.peak_at,
        recommended_flavor=message.recommended_flavor, plan_id=message.plan_id, suppressed=message.suppressed,
        suggested_action=message.suggested_action,
        deliveries=[
            DeliveryBody(
                channel=item.channel, state=item.state.value, attempts=item.attempts,
                next_attempt_at=item.next_attempt_at, last_attempt_at=item.last_attempt_at, sent_at=item.sent_at,
                last_status=item.last_status, last_detail=item.last_detail,
            )
            for item in entry.deliveries
        ],
    )  # fmt: skip
