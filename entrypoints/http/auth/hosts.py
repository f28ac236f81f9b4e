"""Which Host headers are answered: on a loopback address this stops pages that rebind their name to it."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from entrypoints.http.problems import PROBLEM_MEDIA_TYPE, problem_of

ANY = "*"
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
# A name or address, a port at most; anything else is no Host header (RFC 9110, 7.2).
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9_](?:[a-z0-9_.-]{0,252}[a-z0-9_.])?)(?::[0-9]{1,5})?")
_MAX_REMEMBERED = 256


class HostCheck:
    """ASGI wrapper that answers 400 to requests for another host.

    Args:
        app: What is wrapped.
        allowed: Names without port, in lower case; ``*.example.org`` for every name below; ``*`` for any.
    """

    def __init__(self, app: ASGIApp, allowed: Iterable[str]) -> None:
        self._app = app
        names = [name.lower() for name in allowed]
        self._any = ANY in names
        self._exact = frozenset(name for name in names if not name.startswith("*."))
        self._below = tuple(name[1:] for name in names if name.startswith("*."))
        self._seen: dict[bytes, bool] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] != ScopeType.HTTP or self._any or self._is_ours(scope):
            await self._app(scope, receive, send)
            return
        problem = problem_of(400, "host_not_allowed", "this service does not answer to that Host; see ALLOWED_HOSTS")
        body = msgspec.json.encode(problem)
        headers = [(b"content-type", PROBLEM_MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 400, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _is_ours(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"host"]
        if len(given) != 1:
            return False
        known = self._seen.get(given[0])
        if known is None:
            known = self.allows(given[0].decode("latin-1"))
            if len(self._seen) < _MAX_REMEMBERED:
                self._seen[given[0]] = known
        return known

    def allows(self, host: str) -> bool:
        """Whether a Host header names this service, with whatever port and in whatever case."""
        parsed = _HOST.fullmatch(host.lower())
        if parsed is None:
            return False
        name = parsed["name"].rstrip(".")
        return name in self._exact or name.endswith(self._below)
