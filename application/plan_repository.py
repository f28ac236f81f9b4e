"""Plan a repository: one plan per service, from its history where there is one, else from its profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from application.compare_declared import compare_declared
from application.foresee_load import refuse_provider_without_region
from application.foresee_unseen import PLANNED_METRIC, ForeseeUnseen, shares_seen
from application.gather_history import GatherHistory, History
from application.plan_capacity import PlanCapacity
from application.resolve_capacity import priced_flavors, resolve_capacity
from domain.cold_start.constants import ENOUGH_HOURS
from domain.errors import NoFlavorFits
from domain.metrics import SIZING_METRICS, Resource
from domain.plan import Plan
from domain.plan_request import PlanRequest
from domain.ports.flavor_catalog import FlavorCatalog
from domain.ports.metric_history import HistoryScope
from domain.reasons import Reason, ReasonCode
from domain.repository.planned import (
    Basis,
    PlanningWishes,
    RepositoryPlan,
    ServicePlan,
    context_of,
    profile_reasons,
    service_id_of,
)
from domain.repository.profile import RepositoryProfile, ServiceProfile
from domain.timebase import first_forecast_hour

# Why there may be no history where there should be one; the normal pipeline tells these itself.
_TROUBLE = (ReasonCode.SOURCE_UNAVAILABLE, ReasonCode.SOURCE_WARNING, ReasonCode.HISTORY_TOO_OLD)
Siblings = Mapping[Resource, Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """A service before it is planned: profile, request, its own past (None where there is none), trouble reading it."""

    profile: ServiceProfile
    request: PlanRequest
    history: History | None
    observed_hours: int
    trouble: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRepository:
    """One plan per service; a service that no flavor carries has the reason in its plan's place."""

    gather_history: GatherHistory
    plan_capacity: PlanCapacity
    foresee_unseen: ForeseeUnseen
    catalog: FlavorCatalog

    def __call__(
        self, found: RepositoryProfile, wishes: PlanningWishes, check: Callable[[str], None] | None = None
    ) -> RepositoryPlan:
        """Plan every service.

        Args:
            found: The services.
            wishes: What is asked of all of them.
            check: Raises for a service whose history whoever asks may not plan from.

        Raises:
            InvalidRequest: Provider or region is not in the catalogue, or no price is known.
        """
        if check is not None:
            for profile in found.services:
                check(service_id_of(profile, wishes))
        subjects = [self._subject(profile, wishes) for profile in found.services]
        siblings = {resource: self._levels(subjects, resource) for resource in Resource}
        return RepositoryPlan(
            services=tuple(self._service(subject, siblings) for subject in subjects), findings=found.findings
        )

    def _subject(self, profile: ServiceProfile, wishes: PlanningWishes) -> _Subject:
        context = context_of(profile, wishes)
        refuse_provider_without_region(context)
        priced_flavors(context, self.catalog)
        service_id = service_id_of(profile, wishes)
        history = self.gather_history(service_id, PLANNED_METRIC.name, first_forecast_hour(context.timestamp))
        # The past of a whole cluster says nothing of a service that is new to it.
        own = history if history.scope is HistoryScope.SERVICE and history.aligned else None
        metric, hours = _planned_metric(own)
        request = PlanRequest(service_id=service_id, metric_name=metric, context=context)
        trouble = tuple(reason for reason in history.reasons if reason.code in _TROUBLE)
        return _Subject(profile=profile, request=request, history=own, observed_hours=hours, trouble=trouble)

    def _levels(self, subjects: Sequence[_Subject], resource: Resource) -> list[float]:
        """Mean share of capacity of each service with a day of history."""
        levels = []
        for subject in subjects:
            if subject.observed_hours >= ENOUGH_HOURS:
                context = subject.request.context
                capacity = resolve_capacity(context, self.catalog).capacity
                amount = (capacity.vcpus if resource is Resource.CPU else capacity.memory_gib) or 0.0
                seen = shares_seen(subject.history, resource, amount * context.replicas)
                levels += [float(seen.observed_values.mean())] if seen is not None and seen.observed_hours else []
        return levels

    def _service(self, subject: _Subject, siblings: Siblings) -> ServicePlan:
        hours = subject.observed_hours
        basis = Basis.HISTORY if hours >= ENOUGH_HOURS else Basis.SHORT_HISTORY if hours else Basis.PRIOR
        made = ServicePlan(profile=subject.profile, basis=basis, observed_hours=hours, plan=None)
        try:
            plan = self._plan(subject, siblings)
        except NoFlavorFits as error:
            return replace(made, refusal=error)
        told = replace(plan, reasons=(*plan.reasons, *profile_reasons(subject.profile)))
        return replace(made, plan=told, comparison=compare_declared(told, subject.profile.declared))

    def _plan(self, subject: _Subject, siblings: Siblings) -> Plan:
        if subject.observed_hours >= ENOUGH_HOURS:
            return self.plan_capacity(subject.request)
        outlook = self.foresee_unseen(subject.request, subject.profile, subject.history, siblings)
        plan = self.plan_capacity.of_outlook(subject.request, outlook)
        return replace(plan, reasons=(*plan.reasons, *subject.trouble))


def _planned_metric(history: History | None) -> tuple[str, int]:
    """The CPU metric with the longest past, and its observed hours; without CPU the memory metric."""
    if history is None:
        return PLANNED_METRIC.name, 0
    for resource in Resource:
        hours = {
            spec.name: history.aligned[spec.name].series.observed_hours
            for spec in SIZING_METRICS[resource]
            if spec.name in history.aligned
        }
        if hours:
            best = max(hours, key=lambda name: hours[name])
            return best, hours[best]
    return PLANNED_METRIC.name, 0
