"""What is stored of a plan, and what is asked of the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.alerts.message import AlertMessage

MAX_PAGE = 200


class PlanKind(StrEnum):
    """One size for the day, or one for each of its hours."""

    DAY = "day"
    HOURLY = "hourly"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument:
    """What plans made from the same outlook have in common; stored once for all of them.

    Attributes:
        kind: Whether it sizes the day or its hours.
        digest: SHA-256 of ``body``, hexadecimal.
        body: The answer with its detail as JSON, without what names a single request (id, times, request).
        service_id: The service planned.
        metric_name: The metric asked for.
        model_version: Who forecast it.
        first_hour: First forecast hour, UTC.
        recommended_flavor: Name of the flavor; None where each hour has its own.
        cost_usd_per_day: Of all replicas, 24 hours.
        is_anomaly: Whether the day ahead is out of the ordinary; an hourly plan is not asked.
        message: What would be told of it, if it is to be told; ``alert_id`` and ``plan_id`` are filled in per plan.
            None where nobody asked whether the day is out of the ordinary.
        alert_key: ``dedup_key`` of the message; None without one.
    """

    kind: PlanKind
    digest: str
    body: str
    service_id: str
    metric_name: str
    model_version: str
    first_hour: datetime
    recommended_flavor: str | None
    cost_usd_per_day: Decimal
    is_anomaly: bool
    message: AlertMessage | None = None
    alert_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """One plan to be stored.

    Attributes:
        plan_id: Sorts by ``generated_at``; also the id of the plan's alert.
        owner_id: Whose plan it is; None when nobody is signed in.
        generated_at: When it was made, UTC.
        request: The request as JSON: context, and keys nobody read.
        document: What it says.
    """

    plan_id: str
    owner_id: str | None
    generated_at: datetime
    request: str
    document: PlanDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """A stored plan as a list shows it; the attributes are those of ``PlanRecord`` and ``PlanDocument``."""

    plan_id: str
    owner_id: str | None
    kind: PlanKind
    service_id: str
    metric_name: str
    model_version: str
    generated_at: datetime
    first_hour: datetime
    recommended_flavor: str | None
    cost_usd_per_day: Decimal
    is_anomaly: bool
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """A stored plan in full; ``request`` and ``document`` are decoded JSON objects."""

    summary: PlanSummary
    request: Mapping[str, object]
    document: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanQuery:
    """Which stored plans, newest first; None means any.

    Attributes:
        service_id: The service.
        metric_name: The metric asked for.
        since: Made at or after, UTC.
        until: Made before, UTC.
        owner_id: Whose.
        ids: Only plans among these.
        before_id: Only plans that sort below this id: the last one of the page before.
        limit: At most so many, 1 to ``MAX_PAGE``.
    """

    service_id: str | None = None
    metric_name: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    owner_id: str | None = None
    ids: frozenset[str] | None = None
    before_id: str | None = None
    limit: int = 50

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}, got {self.limit}")
