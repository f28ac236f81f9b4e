"""Around every request: id, deadline for the body, security headers, access log, metrics."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from typing import cast

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from entrypoints.http.problems import BodyError

REQUEST_ID = "mcp_request_id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]
# For this host alone: what else its domain serves is not known here.
_TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")
_log = structlog.get_logger("access")
Observer = Callable[[str, str, int, float], None]


class Guard:
    """ASGI wrapper of the whole application.

    Args:
        app: The application.
        body_timeout_seconds: Time a client has to send its body; 408 afterwards.
        observe: Called after each request with method, route, status and seconds.
        is_over_tls: Whether users reach the service over TLS; browsers are then told to use nothing else for a year.
    """

    def __init__(
        self, app: ASGIApp, *, body_timeout_seconds: float, observe: Observer, is_over_tls: bool = False
    ) -> None:
        self._app = app
        self._body_timeout_seconds = body_timeout_seconds
        self._observe = observe
        self._security_headers = [*_SECURITY_HEADERS, *([_TLS_ONLY] if is_over_tls else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; everything but HTTP passes through."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = _request_id(scope)
        # For the audit trail, whose entries name the request.
        cast(dict[str, object], scope)[REQUEST_ID] = request_id
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(b"x-request-id", request_id.encode())]
                message["headers"] = [*message["headers"], *own, *self._security_headers]
            await send(message)

        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, self._timed(receive), send_with_headers)
        finally:
            seconds = time.perf_counter() - began
            route = _route(scope)
            self._observe(scope["method"], route, status, seconds)
            _log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1e3, 2))
            structlog.contextvars.clear_contextvars()

    def _timed(self, receive: Receive) -> Receive:
        """``receive`` with one deadline over the whole body, so that a dripping client cannot hold a place."""
        loop = asyncio.get_running_loop()
        deadline: float | None = loop.time() + self._body_timeout_seconds

        async def timed() -> HTTPReceiveMessage:
            nonlocal deadline
            if deadline is None:
                return cast(HTTPReceiveMessage, await receive())
            try:
                async with asyncio.timeout_at(deadline):
                    message = cast(HTTPReceiveMessage, await receive())
            except TimeoutError:
                text = f"the body did not arrive within {self._body_timeout_seconds:g} seconds"
                raise BodyError(408, "request_timeout", text) from None
            if message["type"] != "http.request" or not message.get("more_body"):
                deadline = None
            return message

        return timed


def _request_id(scope: Scope) -> str:
    """The caller's id when it is a plain one, else a new one: a log line cannot be forged through it."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if _REQUEST_ID.fullmatch(given):
                return given
    return secrets.token_hex(8)


def _route(scope: Scope) -> str:
    """The route's template, so that unknown addresses do not each become a metric."""
    template = scope.get("path_template")
    return str(template) if template else "unmatched"
