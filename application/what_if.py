"""Use case: before and after, with cost and risk, and what happens where nothing is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from application.plan_capacity import PlanCapacity
from domain.flavors import Flavor
from domain.metrics import Resource
from domain.plan import Plan
from domain.sizing import Demand, cost_per_day, day_need, shares_over
from domain.what_if import WhatIfRequest, scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A size under a load.

    Attributes:
        flavor: The size.
        replicas: How many of it.
        cost_usd_per_day: Price × 24 × replicas.
        need_vcpus: What one replica needs at the accepted risk; None where CPU is not known.
        need_memory_gib: The same for memory.
        cpu_share_over: Expected share of hours with CPU demand over capacity; None where it is not known.
        memory_share_over: The same for memory.
    """

    flavor: Flavor
    replicas: int
    cost_usd_per_day: Decimal
    need_vcpus: float | None
    need_memory_gib: float | None
    cpu_share_over: float | None
    memory_share_over: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfAnswer:
    """What a change would bring.

    Attributes:
        request: What was asked.
        before: The plan as things are.
        after: The plan as they would be.
        now: The first plan's size under the present load.
        then: The second plan's size under the load to come.
        unchanged: The first plan's size and replicas, kept under the load to come.
    """

    request: WhatIfRequest
    before: Plan
    after: Plan
    now: Outcome
    then: Outcome
    unchanged: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Plans twice from the same history; neither plan is kept, and nobody is told."""

    plan_capacity: PlanCapacity

    def __call__(self, request: WhatIfRequest) -> WhatIfAnswer:
        """Compare.

        Raises:
            McpCoreError: As ``PlanCapacity``, for either plan.
        """
        before = self.plan_capacity(request.plan)
        outlook = before.outlook
        later = scaled(outlook, request.load_factor, request.per_replica_factor)
        after = self.plan_capacity.of_outlook(replace(request.plan, context=request.context), later)
        kept = scaled(outlook, request.load_factor, request.load_factor)
        return WhatIfAnswer(
            request=request, before=before, after=after,
            now=_outcome(before, outlook.demands), then=_outcome(after, later.demands),
            unchanged=_outcome(before, kept.demands),
        )  # fmt: skip


def _outcome(plan: Plan, demands: Mapping[Resource, Demand]) -> Outcome:
    """The plan's size under demands that need not be those it was chosen for."""
    flavor, context = plan.choice.flavor, plan.request.context
    need, over = day_need(demands, context.risk), shares_over(demands, flavor)
    return Outcome(
        flavor=flavor, replicas=context.replicas, cost_usd_per_day=cost_per_day(flavor, context.replicas),
        need_vcpus=need.vcpus, need_memory_gib=need.memory_gib,
        cpu_share_over=over[Resource.CPU], memory_share_over=over[Resource.MEMORY],
    )  # fmt: skip
