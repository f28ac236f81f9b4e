"""From the plans of a repository to the shapes that leave the service: command line, HTTP and agents send the same."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from domain.repository.planned import Comparison, RepositoryPlan, ServicePlan
from entrypoints.wire import plan_body


def repository_plan_body(planned: RepositoryPlan, *, detail: bool = False) -> dict[str, Any]:
    """Each service's profile with its ``plan`` (the body of ``/plans``), what it rests on, and today's declaration."""
    return {
        "services": [_service(item, detail=detail) for item in planned.services],
        "findings": [asdict(finding) for finding in planned.findings],
    }


def _service(item: ServicePlan, *, detail: bool) -> dict[str, Any]:
    profile = asdict(item.profile)
    problem = {"code": item.refusal.code, "detail": item.refusal.message} if item.refusal else None
    return profile | {
        "basis": item.basis,
        "observed_hours": item.observed_hours,
        "need": _need(item),
        "plan": plan_body(item.plan, detail=detail) if item.plan else None,
        "comparison": _comparison(item.comparison) if item.comparison else None,
    } | ({"problem": problem} if problem else {})  # fmt: skip


def _need(item: ServicePlan) -> dict[str, float | None] | None:
    if item.plan is None:
        return None
    need = item.plan.choice.need
    return {"vcpus": need.vcpus, "memory_gib": need.memory_gib}


def _comparison(found: Comparison) -> dict[str, Any]:
    cost, change = found.declared_cost_usd_per_day, found.change_usd_per_day
    return {
        "verdict": found.verdict,
        "declared_flavor": found.declared_flavor.name if found.declared_flavor else None,
        "declared_cost_per_day": float(cost) if cost is not None else None,
        "change_per_day": float(change) if change is not None else None,
        "cpu_share_over": found.cpu_share_over,
        "memory_share_over": found.memory_share_over,
        "text": found.text,
    }
