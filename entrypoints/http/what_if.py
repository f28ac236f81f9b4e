"""`POST /what-if`: the same service under other users, replicas, provider, region or risk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import RawBody

from application.accounts.grants import KnownGrants
from application.what_if import WhatIf
from domain.what_if import read_what_if_request
from entrypoints.http.auth.owners import check_history
from entrypoints.http.bodies import read_json
from entrypoints.wire_what_if import WhatIfBody, what_if_body


def what_if_handler(
    what_if: Callable[[], WhatIf], grants: Callable[[], KnownGrants], max_depth: int
) -> HTTPRouteHandler:
    """The handler.

    Args:
        what_if: Gives what compares; asked at each request, so that nothing is loaded before the worker.
        grants: Gives whose histories are.
        max_depth: Deepest nesting of a request body.
    """

    @post(
        "/what-if", status_code=200, sync_to_thread=True, summary="Compare before and after a change",
        operation_id="what_if", tags=["plans"],
    )  # fmt: skip
    def compare(request: Request[Any, Any, Any], body: RawBody) -> WhatIfBody:
        """A plan's request with `changes`: before, after and unchanged with cost and risk. Nothing is kept or told."""
        raw = read_json(request.headers.get("content-type"), body, max_depth=max_depth)
        asked = read_what_if_request(raw)
        check_history(request, asked.plan.service_id, grants)
        return what_if_body(what_if()(asked))

    return compare
