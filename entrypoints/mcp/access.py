"""Who asks over HTTP: the keys, scopes and limits of the HTTP interface, before every message of an agent."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

from domain.errors import McpCoreError
from domain.identity.errors import NotAuthenticated
from domain.identity.principal import ANONYMOUS, Principal
from domain.identity.rates import Costly
from domain.identity.scopes import Scope as Permission
from entrypoints.http.auth.desk import AuthDesk
from entrypoints.http.auth.gate import Asker, Gate
from entrypoints.http.auth.hosts import HostCheck
from entrypoints.http.auth.rules import Access, Rule
from entrypoints.http.problems import on_domain_error

_PATH: Final = "/mcp"
_KNOWN: Final = Rule(access=Access.KNOWN)
_RULES: Final = {(method, _PATH): _KNOWN for method in ("GET", "POST", "DELETE")}
_NO_KEY: Final = "send Authorization: Bearer and an API key; `mcp-core api-keys create` makes one"

# As over HTTP: reading a repository is one permission, planning it another.
_NEEDED: Final[Mapping[str, frozenset[Permission]]] = {
    "plan_capacity": frozenset({Permission.PLANS_WRITE}),
    "what_if": frozenset({Permission.PLANS_WRITE}),
    "plan_repository": frozenset({Permission.PLANS_WRITE, Permission.REPOSITORIES_WRITE}),
    # It works a whole plan out, which over HTTP asks for the same.
    "explain_plan": frozenset({Permission.PLANS_WRITE}),
    "compare_flavors": frozenset({Permission.PLANS_READ}),
    "list_services": frozenset({Permission.PLANS_READ}),
}
# What is in no table is for administrators only.
_UNLISTED: Final = frozenset({Permission.ADMIN})
_READING: Final = frozenset({Permission.PLANS_READ})

# Nobody, unless the door says who: a message that came another way opens nothing.
_asks: ContextVar[Principal] = ContextVar("mcp_principal", default=ANONYMOUS)


def asking() -> Principal:
    """Who sent the message that is being answered over HTTP."""
    return _asks.get()


def check_tool(principal: Principal, tool: str) -> None:
    """Let a call pass.

    Raises:
        NotAuthenticated: Nobody is known.
        ScopeMissing: The key lacks a scope.
    """
    _check(principal, _NEEDED.get(tool, _UNLISTED))


def costs_of(tool: str) -> tuple[Costly, ...]:
    """The limits of their own that a tool's work counts against, as over HTTP."""
    needed = _NEEDED.get(tool, _UNLISTED)
    analysed = (Costly.ANALYSIS,) if Permission.REPOSITORIES_WRITE in needed else ()
    return (*analysed, Costly.PLAN) if Permission.PLANS_WRITE in needed else analysed


def check_reading(principal: Principal) -> None:
    """Let a resource be read; raises as above."""
    _check(principal, _READING)


def _check(principal: Principal, needed: frozenset[Permission]) -> None:
    for permission in sorted(needed):
        Rule(access=Access.SCOPE, scope=permission).check(principal)


class Door:
    """ASGI middleware: another Host, a wrong key or none where one is needed never reaches the protocol.

    Args:
        app: What comes next.
        desk: Settings and use cases of accounts.
        hosts: Names in Host headers that are answered.
    """

    def __init__(self, app: Any, desk: AuthDesk, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._checked = HostCheck(self._answered, hosts)
        self._gate = Gate(_remembering(app), desk, _RULES)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass on, or answer with a problem."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        await self._checked(scope, receive, send)

    async def _answered(self, scope: Any, receive: Any, send: Any) -> None:
        # A cookie of the HTTP interface goes to every port of its host: here only keys count.
        headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        guarded: Any = dict(scope) | {"headers": headers, "path_template": _PATH}
        try:
            await self._gate(guarded, receive, send)
        except McpCoreError as error:
            has_key = any(name == b"authorization" for name, _ in headers)
            await _refuse(NotAuthenticated(_NO_KEY) if _is_unknown(error) and not has_key else error, send)


def _is_unknown(error: McpCoreError) -> bool:
    return isinstance(error, NotAuthenticated)


def _remembering(app: Any) -> Any:
    async def remembering(scope: Any, receive: Any, send: Any) -> None:
        asker: Asker | None = scope.get("auth")
        token = _asks.set(asker.principal if asker is not None else ANONYMOUS)
        try:
            await app(scope, receive, send)
        finally:
            _asks.reset(token)

    return remembering


async def _refuse(error: McpCoreError, send: Any) -> None:
    response = on_domain_error(None, error)  # type: ignore[arg-type]
    headers = {"content-type": str(response.media_type), **response.headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": raw})
    await send({"type": "http.response.body", "body": response.content, "more_body": False})
