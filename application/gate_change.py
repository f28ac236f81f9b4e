"""Gate a change: plan the repository before and after, and hold cost and risk against limits.

What a service asks for is known from what runs today. So the demand is that of the plan before the change, spread over
the replicas after it; only a service that is new is taken from the plan after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from application.plan_repository import PlanRepository
from domain.errors import NoFlavorFits
from domain.flavors import Flavor
from domain.metrics import Resource
from domain.mixture import mean_share_over
from domain.plan import Plan
from domain.repository.change import Change, CostLimit, GateReport, ServiceChange, Side, judge, newly_unread
from domain.repository.planned import Basis, PlanningWishes, ServicePlan
from domain.repository.profile import Amounts, RepositoryProfile, ServiceProfile
from domain.sizing import Demand, Need, choose_flavor, cost_per_day, day_need
from domain.what_if import scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class GateChange:
    """Before and after, priced by the same catalogue at the same hour."""

    plan_repository: PlanRepository

    def __call__(
        self, before: RepositoryProfile, after: RepositoryProfile, wishes: PlanningWishes, limit: CostLimit
    ) -> GateReport:
        """One row per service of either side; ``wishes.risk`` is the accepted risk.

        Raises:
            InvalidRequest: Provider or region is not in the catalogue, or no price is known.
        """
        old = {item.profile.name: item for item in self.plan_repository(before, wishes).services}
        new = {item.profile.name: item for item in self.plan_repository(after, wishes).services}
        names = sorted(old.keys() | new.keys())
        rows = tuple(_row(name, old.get(name), new.get(name), wishes.risk) for name in names)
        return judge(rows, limit, wishes.risk, newly_unread(before, after))


def _row(name: str, old: ServicePlan | None, new: ServicePlan | None, risk: float) -> ServiceChange:
    known = old if old is not None and old.plan is not None else new or old
    if known is None:
        raise ValueError("a row is of a service that is on one side at least")
    demands = _demands(known, new)
    shares = _shares(demands, new.profile.declared) if new and known.basis is not Basis.PRIOR else {}
    risky = any(share > demands[resource].risk(risk) * _TOLERANCE for resource, share in shares.items())
    flavor = _recommended(known.plan, demands, risk)
    return ServiceChange(
        name=name, change=_change(old, new),
        before=_side(old, _present(old, risk)) if old else None,
        after=_side(new, flavor, known.plan) if new else None,
        basis=known.basis, cpu_share_over=shares.get(Resource.CPU), memory_share_over=shares.get(Resource.MEMORY),
        recommended=flavor if new else None, is_risky=risky, why=_why(old, new),
    )  # fmt: skip


# Needs come out of a search that stops within half a percent.
_TOLERANCE = 1.005


def _demands(known: ServicePlan, new: ServicePlan | None) -> Mapping[Resource, Demand]:
    """Per replica after the change: the whole demand, spread over the replicas there will be."""
    if known.plan is None:
        return {}
    replicas = new.profile.replicas if new else known.profile.replicas
    spread = known.profile.replicas / replicas
    return scaled(known.plan.outlook, load_factor=1.0, per_replica_factor=spread).demands


def _shares(demands: Mapping[Resource, Demand], declared: Amounts) -> dict[Resource, float]:
    amounts = {Resource.CPU: declared.vcpus, Resource.MEMORY: declared.memory_gib}
    return {
        resource: float(mean_share_over(demand.quantiles, np.array([amount]))[0])
        for resource, demand in demands.items()
        if (amount := amounts[resource]) is not None
    }


def _recommended(plan: Plan | None, demands: Mapping[Resource, Demand], risk: float) -> Flavor | None:
    if plan is None:
        return None
    try:
        return choose_flavor(day_need(demands, risk), plan.candidates, plan.choice.flavor.provider).flavor
    except NoFlavorFits:
        return None


def _present(old: ServicePlan, risk: float) -> Flavor | None:
    return _recommended(old.plan, old.plan.outlook.demands, risk) if old.plan else None


def _side(item: ServicePlan, recommended: Flavor | None, priced_by: Plan | None = None) -> Side:
    declared, plan = item.profile.declared, item.plan or priced_by
    whole = declared.vcpus is not None and declared.memory_gib is not None
    need = Need(vcpus=declared.vcpus, memory_gib=declared.memory_gib)
    candidates = plan.candidates if plan else ()
    flavor = next((size for size in candidates if need.covered_by(size)), None) if whole else recommended
    cost = cost_per_day(flavor, item.profile.replicas) if flavor else None
    return Side(replicas=item.profile.replicas, declared=declared, cost_usd_per_day=cost, is_declared=whole)


def _change(old: ServicePlan | None, new: ServicePlan | None) -> Change:
    if old is None:
        return Change.ADDED
    if new is None:
        return Change.REMOVED
    return Change.CHANGED if _compared(old.profile) != _compared(new.profile) else Change.SAME


def _compared(profile: ServiceProfile) -> Mapping[str, object]:
    declared = profile.declared
    return {
        "kind": str(profile.kind), "runtime": f"{profile.runtime} {profile.runtime_version}".strip(),
        "image": profile.image, "replicas": profile.replicas, "most replicas": profile.max_replicas,
        "vCPUs": declared.vcpus, "GiB": declared.memory_gib, "workers": profile.workers,
        "heap GiB": profile.memory_flag_gib,
    }  # fmt: skip


def _why(old: ServicePlan | None, new: ServicePlan | None) -> tuple[str, ...]:
    if old is None or new is None:
        return ()
    before, after = _compared(old.profile), _compared(new.profile)
    return tuple(
        f"{name}: {_word(before[name])} → {_word(after[name])}" for name in before if before[name] != after[name]
    )


def _word(value: object) -> str:
    if value is None or value == "":
        return "not declared"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
