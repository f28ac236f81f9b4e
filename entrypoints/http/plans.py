"""`POST /plans`, `/plans/multi` and `/plans/hourly`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, Router, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, RawBody

from application.accounts.grants import KnownGrants
from application.detect_anomalies import DetectAnomalies
from application.keep_plan import KeepPlan
from application.plan_capacity import PlanCapacity
from application.plan_hourly import PlanHourly
from application.plan_metrics import PlanMetrics
from domain.errors import FieldError, InvalidRequest
from domain.plan_request import read_multi_plan_request, read_plan_request
from entrypoints.http.auth.owners import check_history, maker_of
from entrypoints.http.bodies import read_json
from entrypoints.http.metrics import Metrics
from entrypoints.wire import hourly_plan_body, multi_plan_body, plan_body
from entrypoints.wire_schema import HourlyPlanBody, MultiPlanBody, PlanBody

_FULL = "full"


def plans_router(
    plan_capacity: Callable[[], PlanCapacity],
    plan_metrics: Callable[[], PlanMetrics],
    plan_hourly: Callable[[], PlanHourly],
    detect_anomalies: Callable[[], DetectAnomalies],
    keep_plan: Callable[[], KeepPlan],
    reading: list[HTTPRouteHandler],
    grants: Callable[[], KnownGrants],
    metrics: Metrics,
    max_depth: int,
) -> Router:
    """The routes under `/plans`.

    Args:
        plan_capacity: Gives what plans one metric; asked at each request, so that nothing is loaded before the worker.
        plan_metrics: Gives what plans several.
        plan_hourly: Gives what plans hour by hour.
        detect_anomalies: Gives what judges by all detectors, for a full detail.
        keep_plan: Gives what sees to it that plans are kept.
        reading: The handlers that read kept plans.
        grants: Gives whose histories are.
        metrics: Counts what was planned.
        max_depth: Deepest nesting of a request body.
    """

    @post("/", status_code=200, sync_to_thread=True, summary="Plan one metric", operation_id="plan")
    def plan(
        request: Request[Any, Any, Any], body: RawBody, detail: FromQuery[str | None] = None
    ) -> Response[PlanBody]:
        """Forecast 24 hours of one metric, choose the cheapest flavor that carries the load, and price it."""
        full = _wants_detail(detail)
        raw = read_json(request.headers.get("content-type"), body, max_depth=max_depth)
        asked = read_plan_request(raw)
        check_history(request, asked.service_id, grants)
        made = plan_capacity()(asked)
        metrics.observe_plan(made)
        kept = keep_plan()(made, maker_of(request))
        found = detect_anomalies().every(made) if full else ()
        return Response(plan_body(kept.plan, detail=full, anomalies=found), headers=_location(kept.plan_id))

    @post("/multi", status_code=200, sync_to_thread=True, summary="Plan several metrics", operation_id="plan_multi")
    def multi(
        request: Request[Any, Any, Any], body: RawBody, detail: FromQuery[str | None] = None
    ) -> Response[MultiPlanBody]:
        """One plan per metric of the same service; where they are kept, `Link` names them in the order asked for."""
        full = _wants_detail(detail)
        raw = read_json(request.headers.get("content-type"), body, max_depth=max_depth)
        asked = read_multi_plan_request(raw)
        check_history(request, asked.service_id, grants)
        plans = plan_metrics()(asked)
        for made in plans.values():
            metrics.observe_plan(made)
        keep = keep_plan()
        kept = {name: keep(made, maker_of(request)) for name, made in plans.items()}
        found = {name: detect_anomalies().every(made) for name, made in plans.items()} if full else {}
        answer = multi_plan_body({name: item.plan for name, item in kept.items()}, detail=full, anomalies=found)
        return Response(answer, headers=plan_links([item.plan_id for item in kept.values()]))

    @post("/hourly", status_code=200, sync_to_thread=True, summary="Plan hour by hour", operation_id="plan_hourly")
    def hourly(request: Request[Any, Any, Any], body: RawBody) -> Response[HourlyPlanBody]:
        """24 recommendations, each hour sized by the same rule as the day."""
        raw = read_json(request.headers.get("content-type"), body, max_depth=max_depth)
        asked = read_plan_request(raw)
        check_history(request, asked.service_id, grants)
        made = plan_hourly()(asked)
        metrics.observe_outlook(made.outlook)
        kept = keep_plan()(made, maker_of(request))
        return Response(hourly_plan_body(kept.plan), headers=_location(kept.plan_id))

    return Router("/plans", route_handlers=[plan, multi, hourly, *reading], tags=["plans"])


def _location(plan_id: str | None) -> dict[str, str]:
    """Where the plan can be read again."""
    return {} if plan_id is None else {"Content-Location": f"/plans/{plan_id}"}


def plan_links(plan_ids: list[str | None]) -> dict[str, str]:
    """Where several plans can be read again, in their order."""
    links = ", ".join(f'</plans/{plan_id}>; rel="item"' for plan_id in plan_ids if plan_id is not None)
    return {"Link": links} if links else {}


def _wants_detail(detail: str | None) -> bool:
    if detail not in (None, _FULL):
        field = FieldError(pointer="?detail", expected="full, or nothing", code="choice")
        raise InvalidRequest("the query parameter detail takes the value full only", [field])
    return detail == _FULL
