"""The cells of a repository's plans, shared by every format that people read."""

from __future__ import annotations

from typing import Any

from domain.repository.planned import Basis, RepositoryPlan, ServicePlan

COLUMNS = ("service", "kind", "flavor", "replicas", "USD/day", "needs", "declared", "today", "change", "rests on")
_BASES = {Basis.HISTORY: "history", Basis.SHORT_HISTORY: "short history", Basis.PRIOR: "profile alone"}


def cells(item: ServicePlan) -> tuple[str, ...]:
    """One row under ``COLUMNS``."""
    profile, plan, found = item.profile, item.plan, item.comparison
    basis = _BASES[item.basis] + (f", {item.observed_hours} h" if item.observed_hours else "")
    head = (profile.name, str(profile.kind))
    declared = amounts(profile.declared.vcpus, profile.declared.memory_gib) or "nothing"
    if plan is None or found is None:
        return (*head, "none fits", str(profile.replicas), "–", "–", declared, "–", "–", basis)
    need, change = plan.choice.need, found.change_usd_per_day
    name = plan.choice.flavor.name + (" (beyond)" if plan.choice.beyond_largest else "")
    return (
        *head, name, str(plan.request.context.replicas), f"{plan.cost_usd_per_day:.2f}",
        amounts(need.vcpus, need.memory_gib), declared, str(found.verdict),
        "–" if change is None else f"{change:+.2f}", basis,
    )  # fmt: skip


def amounts(vcpus: float | None, memory_gib: float | None) -> str:
    """``0.5 vCPUs, 1.2 GiB``; "" for nothing."""
    parts = [f"{vcpus:.3g} vCPUs"] if vcpus is not None else []
    parts += [f"{memory_gib:.3g} GiB"] if memory_gib is not None else []
    return ", ".join(parts)


def total_line(planned: RepositoryPlan) -> str:
    """What all of it costs, and how much of that is known."""
    made = [item for item in planned.services if item.plan]
    guessed = sum(1 for item in made if item.basis is not Basis.HISTORY)
    text = f"{len(made)} of {len(planned.services)} service(s) planned, {planned.cost_usd_per_day:.2f} USD per day"
    return f"{text}; {guessed} of them without a day of history: expect these to change" if guessed else text


def csv_row(item: ServicePlan) -> dict[str, Any]:
    """One service, machine-readable."""
    plan, found, need = item.plan, item.comparison, item.plan.choice.need if item.plan else None
    declared = item.profile.declared
    return {
        "name": item.profile.name, "kind": str(item.profile.kind), "runtime": item.profile.runtime,
        "replicas": item.profile.replicas,
        "recommended_flavor": plan.choice.flavor.name if plan else None,
        "expected_cost_per_day": float(plan.cost_usd_per_day) if plan else None,
        "need_vcpus": need.vcpus if need else None, "need_memory_gib": need.memory_gib if need else None,
        "declared_vcpus": declared.vcpus, "declared_memory_gib": declared.memory_gib,
        "verdict": str(found.verdict) if found else None,
        "change_per_day": float(found.change_usd_per_day) if found and found.change_usd_per_day is not None else None,
        "basis": str(item.basis), "observed_hours": item.observed_hours,
        "model_version": plan.outlook.model_version if plan else None,
    }  # fmt: skip
