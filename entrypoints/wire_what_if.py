"""The shape of a what-if answer; HTTP and command line send the same."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from application.what_if import Outcome, WhatIfAnswer
from domain.context import MCPContext


class OutcomeBody(Struct, frozen=True):
    """A size under a load: what it costs, and the expected share of hours over capacity; null where not known."""

    provider: str
    region: str
    flavor: str
    vcpus: float
    memory_gib: float
    replicas: int
    cost_usd_per_day: float
    accepted_risk: float
    need_vcpus: float | None
    need_memory_gib: float | None
    cpu_share_over: float | None
    memory_share_over: float | None


class WhatIfBody(Struct, frozen=True):
    """The answer of `POST /what-if`; `unchanged` is the size of `before` under the load of `after`."""

    service_id: str
    metric_name: str
    load_factor: float
    before: OutcomeBody
    after: OutcomeBody
    unchanged: OutcomeBody
    cost_difference_usd_per_day: float
    assumptions: list[str]
    notes_before: str
    notes_after: str
    generated_at: datetime


def what_if_body(answer: WhatIfAnswer) -> WhatIfBody:
    """A what-if answer as it leaves the service."""
    request = answer.request
    now, then = request.plan.context, request.context
    return WhatIfBody(
        service_id=request.plan.service_id,
        metric_name=request.plan.metric_name,
        load_factor=request.load_factor,
        before=_outcome(answer.now, now),
        after=_outcome(answer.then, then),
        unchanged=_outcome(answer.unchanged, now),
        cost_difference_usd_per_day=float(answer.then.cost_usd_per_day - answer.now.cost_usd_per_day),
        assumptions=list(request.assumptions),
        notes_before=answer.before.notes,
        notes_after=answer.after.notes,
        generated_at=answer.after.generated_at,
    )


def _outcome(outcome: Outcome, context: MCPContext) -> OutcomeBody:
    flavor = outcome.flavor
    return OutcomeBody(
        provider=flavor.provider, region=flavor.region, flavor=flavor.name, vcpus=flavor.vcpus,
        memory_gib=flavor.memory_gib, replicas=outcome.replicas, cost_usd_per_day=float(outcome.cost_usd_per_day),
        accepted_risk=context.risk, need_vcpus=outcome.need_vcpus, need_memory_gib=outcome.need_memory_gib,
        cpu_share_over=outcome.cpu_share_over, memory_share_over=outcome.memory_share_over,
    )  # fmt: skip
