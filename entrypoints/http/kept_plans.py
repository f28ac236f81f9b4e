"""`GET /plans` and `GET /plans/{id}`: plans that were kept, and what really happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery

from application.accounts.grants import KnownGrants
from application.recall_plans import RecallPlans
from application.review_plan import ReviewPlan
from entrypoints.http.auth.owners import seen_by
from entrypoints.plan_query import read_plan_query
from entrypoints.stored_plan import stored_plan_body, summary_body
from entrypoints.wire_stored import PlanPage, StoredPlanBody


def kept_plans_handlers(
    recall_plans: Callable[[], RecallPlans],
    review_plan: Callable[[], ReviewPlan],
    grants: Callable[[], KnownGrants],
) -> list[HTTPRouteHandler]:
    """The handlers.

    Args:
        recall_plans: Gives what finds kept plans; asked at each request, as the database may be away at the start.
        review_plan: Gives what holds them against the history.
        grants: Gives whose histories are.
    """

    @get("/", sync_to_thread=True, summary="List kept plans, newest first", operation_id="list_plans")
    def list_plans(
        request: Request[Any, Any, Any],
        service: FromQuery[str | None] = None,
        metric: FromQuery[str | None] = None,
        since: FromQuery[str | None] = None,
        until: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[str | None] = None,
    ) -> PlanPage:
        """Filter by service, metric and time made (ISO 8601, from including, to excluding); `cursor` is `next`."""
        query = read_plan_query(service=service, metric=metric, since=since, until=until, cursor=cursor, limit=limit)
        # One more than asked for tells whether there is a page after this one.
        found = recall_plans().page(replace(query, limit=query.limit + 1, owner_id=seen_by(request)))
        shown = found[: query.limit]
        return PlanPage([summary_body(item) for item in shown], shown[-1].plan_id if len(found) > len(shown) else None)

    @get("/{plan_id:str}", sync_to_thread=True, summary="Read a kept plan", operation_id="read_plan")
    def read_plan(request: Request[Any, Any, Any], plan_id: FromPath[str]) -> StoredPlanBody:
        """The answer with its detail, its request, and what really happened in the hours observed since."""
        plan = recall_plans().find(plan_id, seen_by(request))
        # A plan that was shared does not show a history that was not.
        is_shown = seen_by(request) is None or grants().shows_history(plan.summary.service_id, seen_by(request))
        return stored_plan_body(plan, review_plan().if_known(plan) if is_shown else None)

    return [list_plans, read_plan]
