"""Alerts to send in tests: no field at its default."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from domain.alerts.message import AlertKind, AlertMessage

AN_ALERT = AlertMessage(
    alert_id="0199f0c0-0000-7000-8000-000000000001",
    kind=AlertKind.ANOMALY,
    service_id="shop-api",
    metric_name="avg_cpu",
    model_version="web_peak_lstm_v1",
    time_slot="peak",
    detector="z_score",
    score=4.25,
    threshold=3.0,
    peak=0.93,
    peak_at=datetime(2026, 11, 24, 18, tzinfo=UTC),
    mean=0.31,
    std=0.146,
    unit="share of capacity",
    recommended_flavor="large",
    expected_cost_per_day=Decimal("5.50"),
    plan_id="0199f0bf-0000-7000-8000-00000000000a",
    plan_url="https://planner.example/plans/0199f0bf-0000-7000-8000-00000000000a",
    created_at=datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC),
    suppressed=2,
    suggested_action="Move shop-api to large before the peak.",
)


def an_alert(**changes: object) -> AlertMessage:
    """An alert with some fields changed."""
    return replace(AN_ALERT, **changes)  # type: ignore[arg-type]  # fields are named by the caller
