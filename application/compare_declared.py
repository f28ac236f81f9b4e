"""What is declared today beside what the plan says is needed: too little, too much, and by how much money."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from domain.flavors import Flavor
from domain.metrics import Resource
from domain.mixture import mean_share_over
from domain.plan import Plan
from domain.repository.planned import Comparison, Verdict
from domain.repository.profile import Amounts
from domain.sizing import Need, cost_per_day

# Needs come out of a search; the declared amount is not called too little for less than that.
_TOLERANCE = 1e-3


def compare_declared(plan: Plan, declared: Amounts) -> Comparison:
    """Today's requests and limits, priced by the same catalogue and held against the same demand."""
    amounts = {Resource.CPU: declared.vcpus, Resource.MEMORY: declared.memory_gib}
    over = {resource: _share_over(plan, resource, amount) for resource, amount in amounts.items()}
    flavor = _cheapest(plan, declared)
    replicas = plan.request.context.replicas
    cost = cost_per_day(flavor, replicas) if flavor else None
    change = plan.cost_usd_per_day - cost if cost is not None else None
    verdict = _verdict(plan, declared, change)
    return Comparison(
        verdict=verdict, declared_flavor=flavor, declared_cost_usd_per_day=cost,
        cpu_share_over=over[Resource.CPU], memory_share_over=over[Resource.MEMORY], change_usd_per_day=change,
        text=_text(verdict, over, change),
    )  # fmt: skip


def _share_over(plan: Plan, resource: Resource, amount: float | None) -> float | None:
    demand = plan.outlook.demands.get(resource)
    if demand is None or amount is None:
        return None
    return float(mean_share_over(demand.quantiles, np.array([amount]))[0])


def _cheapest(plan: Plan, declared: Amounts) -> Flavor | None:
    """The cheapest candidate that has what is declared; None where a part is not declared or nothing has both."""
    if declared.vcpus is None or declared.memory_gib is None:
        return None
    need = Need(vcpus=declared.vcpus, memory_gib=declared.memory_gib)
    return next((flavor for flavor in plan.candidates if need.covered_by(flavor)), None)


def _verdict(plan: Plan, declared: Amounts, change: Decimal | None) -> Verdict:
    if declared.vcpus is None and declared.memory_gib is None:
        return Verdict.UNKNOWN
    need = plan.choice.need
    pairs = ((need.vcpus, declared.vcpus), (need.memory_gib, declared.memory_gib))
    if any(wanted is not None and has is not None and wanted > has * (1 + _TOLERANCE) for wanted, has in pairs):
        return Verdict.UNDER
    return Verdict.OVER if change is not None and change < 0 else Verdict.FITS


def _text(verdict: Verdict, over: dict[Resource, float | None], change: Decimal | None) -> str:
    if verdict is Verdict.UNKNOWN:
        return "nothing is declared"
    parts = [
        f"{name} over what is declared in {share:.2%} of hours"
        for name, share in (("CPU", over[Resource.CPU]), ("memory", over[Resource.MEMORY]))
        if share is not None
    ]
    if change is not None:
        money = f"{abs(change):.2f} USD per day"
        parts.append(f"the plan costs {money} {'less' if change < 0 else 'more'}" if change else "the same cost")
    return f"{verdict}-provisioned: " * (verdict is not Verdict.FITS) + "; ".join(parts)
