"""`POST /history`: measurements from collectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody
from msgspec import Struct

from application.accounts.accounts import Accounts
from application.record_history import RecordHistory
from domain.sample_upload import read_samples
from entrypoints.http.auth.owners import asker_of
from entrypoints.http.bodies import read_json_items


class Stored(Struct, frozen=True):
    """What was stored."""

    samples: int
    series: int


def history_handler(
    record_history: Callable[[], RecordHistory], accounts: Callable[[], Accounts], max_depth: int
) -> HTTPRouteHandler:
    """The handler.

    Args:
        record_history: Gives what stores; raises HistoryReadOnly where history does not come from a database.
        accounts: Gives whose a history becomes.
        max_depth: Deepest nesting of a request body.
    """

    @post(
        "/history", status_code=200, sync_to_thread=True, summary="Store measurements", operation_id="record_history",
        tags=["history"],
    )  # fmt: skip
    def record(request: Request[Any, Any, Any], body: RawBody) -> Stored:
        """Store samples, all or none; one of the same second replaces another; a new service is yours."""
        store = record_history()
        items, lines = read_json_items(request.headers.get("content-type"), body, max_depth=max_depth)
        batch = read_samples(items, lines)
        asker = asker_of(request)
        if asker.principal.user_id is not None:
            accounts().claim_history(asker.principal, batch.services, store.knows, asker.caller)
        store(batch)
        return Stored(samples=len(batch), series=len(batch.series))

    return record
