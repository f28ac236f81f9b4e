"""From profile to outlook where there is no history, or less than a day: prior ─▶ hours observed ─▶ demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from application.gather_history import History
from application.resolve_capacity import resolve_capacity
from domain.cold_start.constants import PEAKS_SEEN
from domain.cold_start.fan import Fan, fan
from domain.cold_start.levels import Level, Provision, level_of, provision_of
from domain.context import Capacity
from domain.demand import touches_capacity
from domain.metrics import SIZING_METRICS, MetricKind, Resource, describe_metric
from domain.plan import Outlook
from domain.plan_request import PlanRequest
from domain.policy import clamp, weigh
from domain.ports.flavor_catalog import FlavorCatalog
from domain.reasons import Reason, ReasonCode
from domain.repository.profile import ServiceProfile
from domain.routing import RoutingTable
from domain.scenario import FALLBACK
from domain.series import LoadSeries, empty_series
from domain.sizing import Demand
from domain.timebase import first_forecast_hour

MODEL_ID = "cold-start"
STATISTICAL = "statistical"
_ROOM = 1.25
PLANNED_METRIC = describe_metric("cpu_cores")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    """One resource: what a replica is taken to have, and what it will do with it."""

    provision: Provision
    level: Level
    shares: Fan
    observed: LoadSeries


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseeUnseen:
    """What the next 24 hours will ask of a service that has hardly run.

    The answer carries ``_fallback`` as long as not one hour was observed, and ``_statistical`` after, and its notes say
    what it rests on.
    """

    routes: RoutingTable
    catalog: FlavorCatalog

    def __call__(
        self,
        request: PlanRequest,
        profile: ServiceProfile,
        history: History | None,
        siblings: Mapping[Resource, Sequence[float]],
    ) -> Outlook:
        """The outlook in total vCPUs of the service (``cpu_cores``).

        Args:
            request: Service and context.
            profile: What the repository says of it.
            history: Its own hours so far, fewer than a day; None for none.
            siblings: Mean shares of capacity of services of the same repository that have a history.

        Raises:
            InvalidRequest: The current flavor is in no catalogue.
        """
        context = request.context
        start = first_forecast_hour(context.timestamp)
        present = resolve_capacity(context, self.catalog)
        expected = {
            resource: _expect(request, profile, resource, amount, history, siblings.get(resource, ()), start)
            for resource, amount in _amounts(present.capacity).items()
        }
        cpu = expected[Resource.CPU]
        total = weigh(cpu.shares.mean * cpu.provision.reach * context.replicas, context.weight)
        seen = max(item.observed.observed_hours for item in expected.values())
        route = self.routes.choose(context, cpu.observed.observed_hours)
        source = STATISTICAL if seen else FALLBACK
        return Outlook(
            start=start, metric=PLANNED_METRIC, history=_in_cores(cpu, context.replicas),
            history_digest=history.digest if history is not None and seen else "", route=route,
            model_version=f"{route.model_version}_{source}", source=source, model_id=MODEL_ID, asked=None,
            selections={},
            weighted=total, shown=clamp(total, MetricKind.ABSOLUTE),
            demands={name: _demand(name, item, context.weight) for name, item in expected.items()},
            capacity=Capacity(**{_PART[name]: item.provision.amount for name, item in expected.items()}),
            current_flavor=present.flavor, reasons=_reasons(request, expected, seen),
        )  # fmt: skip


_PART = {Resource.CPU: "vcpus", Resource.MEMORY: "memory_gib"}


def _amounts(capacity: Capacity) -> dict[Resource, float]:
    return {Resource.CPU: capacity.vcpus or 0.0, Resource.MEMORY: capacity.memory_gib or 0.0}


def _expect(
    request: PlanRequest, profile: ServiceProfile, resource: Resource, assumed_amount: float,
    history: History | None, siblings: Sequence[float], start: datetime,
) -> _Expected:  # fmt: skip
    users = request.context.expected_users
    provision = provision_of(profile, resource, assumed_amount, expected_users=users)
    level = level_of(profile, resource, provision, expected_users=users, siblings=siblings)
    seen = shares_seen(history, resource, provision.amount * request.context.replicas)
    observed = seen if seen is not None else empty_series(start)
    # What was already used can be used again, and a quarter more.
    highest = float(observed.observed_values.max()) if observed.observed_hours else 0.0
    provision = replace(provision, reach=max(provision.reach, _ROOM * highest * provision.amount))
    scaled = _times(observed, provision.amount / provision.reach)
    shares = fan(resource, level, scaled, profile.kind, start)
    return _Expected(provision=provision, level=level, shares=shares, observed=observed)


def _times(series: LoadSeries, factor: float) -> LoadSeries:
    return LoadSeries(series.start, series.values * factor, series.observed.copy())


def shares_seen(history: History | None, resource: Resource, total: float) -> LoadSeries | None:
    """Hourly means of a resource as shares of capacity, or None.

    Args:
        history: The service's own past.
        resource: CPU or memory.
        total: Capacity of all replicas, for amounts.
    """
    for metric in SIZING_METRICS[resource] if history is not None else ():
        item = history.aligned.get(metric.name) if history is not None else None
        if item is not None:
            divisor = 1.0 if metric.kind is MetricKind.RATIO else total
            return _times(item.series, 1.0 / divisor)
    return None


def _in_cores(cpu: _Expected, replicas: int) -> LoadSeries:
    return _times(cpu.observed, cpu.provision.amount * replicas)


def _demand(resource: Resource, item: _Expected, weight: float) -> Demand:
    quantiles = weigh(item.shares.peak * item.provision.reach, weight)
    saturated = item.observed.observed_hours > 0 and touches_capacity(item.observed)
    return Demand(
        resource=resource, quantiles=quantiles, origin=MODEL_ID,
        saturated_at=item.provision.amount if saturated else None,
    )  # fmt: skip


def _reasons(request: PlanRequest, expected: Mapping[Resource, _Expected], seen: int) -> tuple[Reason, ...]:
    reasons = []
    if seen:
        text = f"only {seen} observed hour(s) of {request.service_id}: what its profile suggests still counts"
        reasons.append(Reason(ReasonCode.SHORT_HISTORY, text))
    else:
        text = f"no history of {request.service_id}: expected from its profile alone, intervals are very wide"
        reasons.append(Reason(ReasonCode.NO_HISTORY, text))
    for resource, item in expected.items():
        name = "CPU" if resource is Resource.CPU else "memory"
        reasons.append(Reason(ReasonCode.COLD_START, f"{name}: {', '.join(item.level.why)}"))
        if item.provision.assumed:
            tenth, twentieth = PEAKS_SEEN[resource]
            unit = "vCPUs" if resource is Resource.CPU else "GiB"
            text = (
                f"{name} is not declared, so its size is a guess: machines of public traces peaked above {tenth:g} "
                f"{unit} in a tenth of all hours, above {twentieth:g} in a twentieth"
            )
            reasons.append(Reason(ReasonCode.CAPACITY_ASSUMED, text))
    return tuple(reasons)
