"""`GET /alerts`: every alert there was, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, QueryParameter

from domain.ports.alert_outbox import AlertLog
from entrypoints.http.auth.owners import seen_by
from entrypoints.plan_query import read_alert_query
from entrypoints.wire_alerts import AlertPage, alert_body


def alerts_handler(alert_log: Callable[[], AlertLog]) -> HTTPRouteHandler:
    """The handler.

    Args:
        alert_log: Gives the alerts; asked at each request, as the database may be away at the start.
    """

    @get(
        "/alerts", sync_to_thread=True, summary="List alerts, newest first", operation_id="list_alerts", tags=["alerts"]
    )
    def list_alerts(
        request: Request[Any, Any, Any],
        # The framework gives the name `state` another meaning.
        in_state: Annotated[str | None, QueryParameter(name="state")] = None,
        service: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: FromQuery[str | None] = None,
    ) -> AlertPage:
        """Filter by service and by state (pending, sent, failed, suppressed); `cursor` is `next` of the page before."""
        query = read_alert_query(state=in_state, service=service, cursor=cursor, limit=limit)
        # One more than asked for tells whether there is a page after this one.
        found = alert_log().alerts(replace(query, limit=query.limit + 1, owner_id=seen_by(request)))
        shown = found[: query.limit]
        return AlertPage([alert_body(item) for item in shown], shown[-1].alert_id if len(found) > len(shown) else None)

    return list_alerts
