"""What becomes of a profile: its context, its plan, and what is declared today beside what is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from domain.context import Capacity, MCPContext, ServiceType
from domain.errors import McpCoreError
from domain.flavors import Flavor
from domain.plan import Plan
from domain.reasons import Reason, ReasonCode
from domain.repository.facts import Finding
from domain.repository.known import ServiceKind
from domain.repository.profile import ServiceProfile

# The contract of /plans knows three kinds; these two are planned as the nearest.
_NEAREST: Mapping[ServiceKind, ServiceType] = {
    ServiceKind.WEB: ServiceType.WEB, ServiceKind.API: ServiceType.API, ServiceKind.DB: ServiceType.DB,
    ServiceKind.WORKER: ServiceType.API, ServiceKind.CACHE: ServiceType.DB,
}  # fmt: skip
_MOST_REPLICAS = 10_000
_LONGEST_ID = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningWishes:
    """What whoever asks says of all services of a repository.

    Attributes:
        timestamp: Time of the request, UTC.
        expected_users: Users of the whole, or None.
        provider: Whose prices; None for the generic sizes.
        region: The provider's region.
        risk: Accepted share of hours over capacity.
        prefix: What history calls a service: this and its name.
    """

    timestamp: datetime
    risk: float
    expected_users: int | None = None
    provider: str | None = None
    region: str | None = None
    prefix: str = ""


class Verdict(StrEnum):
    """What is declared today, held against the need."""

    UNDER = "under"
    OVER = "over"
    FITS = "fits"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Today's declaration beside the plan.

    Attributes:
        verdict: ``under`` when the need at the accepted risk is more than is declared, ``over`` when the declared
            amounts cost more than the plan, ``fits`` otherwise, ``unknown`` when nothing is declared.
        declared_flavor: The cheapest that has what is declared; None where a part is not declared.
        declared_cost_usd_per_day: Its price × 24 × replicas.
        cpu_share_over: Expected share of hours with CPU demand over what is declared; None where not declared.
        memory_share_over: The same for memory.
        change_usd_per_day: Plan's cost less today's; None where today's is not known.
        text: All of it in a sentence.
    """

    verdict: Verdict
    declared_flavor: Flavor | None
    declared_cost_usd_per_day: Decimal | None
    cpu_share_over: float | None
    memory_share_over: float | None
    change_usd_per_day: Decimal | None
    text: str


class Basis(StrEnum):
    """What a plan rests on."""

    HISTORY = "history"
    SHORT_HISTORY = "short_history"
    PRIOR = "prior"


@dataclass(frozen=True, eq=False, kw_only=True)
class ServicePlan:
    """One service of a repository with its plan, or with the reason why there is none.

    Attributes:
        profile: What the repository says.
        basis: What the plan rests on.
        observed_hours: Hours of history of the metric planned.
        plan: None where no flavor fits.
        refusal: Why there is no plan; None where there is one.
        comparison: Today's declaration beside the plan; None without a plan.
    """

    profile: ServiceProfile
    basis: Basis
    observed_hours: int
    plan: Plan | None
    refusal: McpCoreError | None = None
    comparison: Comparison | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class RepositoryPlan:
    """All services of a repository, planned, and what a reader should know."""

    services: tuple[ServicePlan, ...]
    findings: tuple[Finding, ...]

    @property
    def cost_usd_per_day(self) -> Decimal:
        """Of all services that have a plan."""
        return sum((item.plan.cost_usd_per_day for item in self.services if item.plan), Decimal(0))


def service_id_of(profile: ServiceProfile, wishes: PlanningWishes) -> str:
    """What history calls the service."""
    return f"{wishes.prefix}{profile.name}"[:_LONGEST_ID]


def context_of(profile: ServiceProfile, wishes: PlanningWishes) -> MCPContext:
    """The context to plan a profile in; nothing that the repository does not say is filled in."""
    declared = profile.declared
    known = declared.vcpus is not None or declared.memory_gib is not None
    return MCPContext(
        context_id=f"repository:{profile.name}"[:256], timestamp=wishes.timestamp,
        service_type=_NEAREST[profile.kind], region=wishes.region, provider=wishes.provider,
        expected_users=wishes.expected_users, replicas=max(1, min(profile.replicas, _MOST_REPLICAS)),
        capacity=Capacity(vcpus=declared.vcpus, memory_gib=declared.memory_gib) if known else None,
        risk=wishes.risk,
    )  # fmt: skip


def profile_reasons(profile: ServiceProfile) -> tuple[Reason, ...]:
    """What a reader should know of how the profile was put into a context."""
    kind = _NEAREST[profile.kind]
    reasons = []
    if kind.value != profile.kind.value:
        reasons.append(Reason(ReasonCode.KIND_MAPPED, f"a {profile.kind} is planned as the nearest kind, {kind}"))
    if profile.schedule:
        text = f"it runs by the schedule {profile.schedule!r}, but is sized and priced as if it ran all day"
        reasons.append(Reason(ReasonCode.KIND_MAPPED, text))
    return tuple(reasons)
