"""Plan several metrics of one service."""

from __future__ import annotations

from dataclasses import dataclass

from application.plan_capacity import PlanCapacity
from domain.plan import Plan
from domain.plan_request import MultiPlanRequest, PlanRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMetrics:
    """One plan per metric; the first metric that cannot be planned fails the whole request."""

    plan_capacity: PlanCapacity

    def __call__(self, request: MultiPlanRequest) -> dict[str, Plan]:
        """Metric name → plan, in the order asked.

        Raises:
            McpCoreError: As ``PlanCapacity``; its message names the metric.
        """
        return {name: self.plan_capacity(_single(request, name)) for name in request.metric_names}


def _single(request: MultiPlanRequest, metric_name: str) -> PlanRequest:
    return PlanRequest(
        service_id=request.service_id, metric_name=metric_name, context=request.context, ignored=request.ignored
    )
