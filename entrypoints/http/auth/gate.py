"""Before every route: who asks, may they, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from application.accounts.authenticate import AuthenticateKey
from domain.identity.audit import Caller
from domain.identity.errors import NotAuthenticated
from domain.identity.principal import ANONYMOUS, LOCAL_ANYBODY, Principal
from domain.identity.tokens import is_api_key
from entrypoints.http.auth.callers import caller_of, client_address
from entrypoints.http.auth.credentials import Shown, cookie_value, shown_by
from entrypoints.http.auth.desk import AuthDesk
from entrypoints.http.auth.origins import SAFE_METHODS, refuse_without_token
from entrypoints.http.auth.rules import ADMIN_ONLY, Access, Rule, rule_key
from entrypoints.http.guard import REQUEST_ID

_HEALTH: Final = ("/health/live", "/health/ready")
_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, as routes see it in ``request.auth``; ``request.user`` is the principal alone.

    Attributes:
        principal: Who.
        caller: From where.
        session_token: The cookie's token; None without a session.
    """

    principal: Principal
    caller: Caller
    session_token: str | None = None


class Gate:
    """Middleware of every route; raises, and the exception handlers answer.

    Args:
        app: What comes next.
        desk: Settings and use cases.
        rules: What each route asks for.
    """

    def __init__(self, app: ASGIApp, desk: AuthDesk, rules: Mapping[tuple[str, str], Rule]) -> None:
        self._app = app
        self._desk = desk
        self._rules = rules
        self._anybody = ANONYMOUS if desk.is_required else LOCAL_ANYBODY
        # Set once a key was looked up: anonymous requests never open the database.
        self._keys: AuthenticateKey | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or raise."""
        if scope["type"] != ScopeType.HTTP:
            raise NotAuthenticated("only HTTP is served")
        if scope["method"] != "OPTIONS":
            template = str(scope.get("path_template", ""))
            rule = self._rules.get(rule_key(scope["method"], template), ADMIN_ONLY)
            await self._admit(scope, rule, template)
        await self._app(scope, receive, send)

    async def _admit(self, scope: HTTPScope, rule: Rule, template: str) -> None:
        shown = shown_by(scope)
        address = client_address(scope, shown, self._desk.trusted_proxies)
        caller = caller_of(address, str(scope.get(REQUEST_ID, "")), shown.agent)
        asker = Asker(principal=self._anybody, caller=caller, session_token=self._cookie(shown))
        is_safe = scope["method"] in SAFE_METHODS
        if not is_safe and shown.authorization is None:
            self._desk.origins.refuse_foreign(shown)
        if rule.access is not Access.OPEN:
            asker = await self._identified(shown, caller, is_safe=is_safe)
        if template not in _HEALTH:
            self._slow_down(asker, rule)
        rule.check(asker.principal)
        if rule.costly is not None:
            self._desk.count_costly(asker.principal, address, rule.costly)
        scope["user"], scope["auth"] = asker.principal, asker

    async def _identified(self, shown: Shown, caller: Caller, *, is_safe: bool) -> Asker:
        """Who shows what; wrong credentials are refused even where none are needed."""
        try:
            if shown.authorization is not None:
                return Asker(principal=await self._by_key(shown.authorization), caller=caller)
            token = self._cookie(shown)
            if token is None:
                return Asker(principal=self._anybody, caller=caller)
            principal = await asyncio.to_thread(self._by_session, token)
        except NotAuthenticated:
            self._desk.count(f"address:{caller.address}", self._desk.anonymous_rate)
            raise
        if not is_safe:
            refuse_without_token(shown, token)
        return Asker(principal=principal, caller=caller, session_token=token)

    async def _by_key(self, authorization: str) -> Principal:
        if authorization[: len(_BEARER)].lower() != _BEARER:
            raise NotAuthenticated("send Authorization: Bearer and an API key")
        text = authorization[len(_BEARER) :].strip()
        if not is_api_key(text):
            raise NotAuthenticated("that is no API key of this service")
        known = self._keys.remembered(text) if self._keys is not None else None
        return known if known is not None else await asyncio.to_thread(self._look_up, text)

    def _look_up(self, text: str) -> Principal:
        self._keys = self._desk.accounts().authenticate_key
        return self._keys(text)

    def _by_session(self, token: str) -> Principal:
        principal, _ = self._desk.accounts().authenticate_session(token)
        return principal

    def _cookie(self, shown: Shown) -> str | None:
        return cookie_value(shown.cookie, self._desk.cookie.name) if shown.cookie else None

    def _slow_down(self, asker: Asker, rule: Rule) -> None:
        principal = asker.principal
        subject = principal.credential_id or f"address:{asker.caller.address}"
        self._desk.count(subject, self._desk.key_rate if principal.credential_id else self._desk.anonymous_rate)
