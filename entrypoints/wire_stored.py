"""The shapes of kept plans, as `GET /plans` and `mcp-core plans` show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct


class SummaryBody(Struct, frozen=True):
    """A kept plan in a list; `recommended_flavor` is null for an hourly plan, whose hours each have their own."""

    plan_id: str
    kind: str
    service_id: str
    metric_name: str
    model_version: str
    generated_at: datetime
    first_forecast_hour: datetime
    recommended_flavor: str | None
    expected_cost_per_day: float
    is_anomaly: bool


class PlanPage(Struct, frozen=True):
    """Kept plans, newest first; `next` is the cursor of the page after, null on the last one."""

    plans: list[SummaryBody]
    next: str | None


class StoredRequest(Struct, frozen=True):
    """What was asked, with every default filled in; `ignored` points at keys nobody read."""

    service_id: str
    metric_name: str
    context: dict[str, Any]
    ignored: list[str]


class ActualHour(Struct, frozen=True):
    """One hour that has come to pass; `error` is forecast median minus actual."""

    time: datetime
    actual: float
    error: float


class ActualCapacity(Struct, frozen=True):
    """Observed hours of a resource, and how many asked more than the recommended flavor has."""

    resource: str
    metric_name: str
    hours: int
    hours_over: int


class Actual(Struct, frozen=True):
    """What really happened in the plan's hours observed so far; `coverage`: share of them at most each quantile."""

    hours: list[ActualHour]
    mean_absolute_error: float | None
    coverage: dict[str, float]
    capacity: list[ActualCapacity]


class StoredPlanBody(Struct, frozen=True):
    """A kept plan: the answer with its detail, the request, what happened; `actual` is null until an hour is known."""

    plan_id: str
    kind: str
    generated_at: datetime
    request: StoredRequest
    plan: dict[str, Any]
    actual: Actual | None
