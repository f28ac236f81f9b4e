"""One table: what each route asks for. A route that is not in it is for admins only, and a test fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from domain.identity.errors import NotAuthenticated, ScopeMissing, StepUpRequired
from domain.identity.principal import Principal, Via
from domain.identity.rates import Costly
from domain.identity.scopes import Scope


class Access(Enum):
    """Who may use a route."""

    OPEN = "anybody; credentials are not even looked at"
    KNOWN = "anybody who showed valid credentials"
    SCOPE = "whoever has the scope"
    PERSON = "a signed-in person, never a program's key"
    FRESH = "a signed-in person who gave the password within five minutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a route asks for.

    Attributes:
        access: Who may use it.
        scope: What they must be allowed to.
        costly: The limit of its own that its work has, if any.
    """

    access: Access
    scope: Scope | None = None
    costly: Costly | None = None

    def check(self, principal: Principal) -> None:
        """Let somebody pass.

        Raises:
            NotAuthenticated: Nobody is known, or a program came where a person is needed.
            ScopeMissing: The scope is missing.
            StepUpRequired: The password was given too long ago.
        """
        if self.access is Access.OPEN:
            return
        if self.access in (Access.PERSON, Access.FRESH) and principal.via is not Via.SESSION:
            raise NotAuthenticated("this is for signed-in people: log in with POST /auth/login")
        if self.scope is not None and self.scope not in principal.scopes:
            _refuse_unknown(principal)
            raise ScopeMissing(self.scope)
        if self.access is Access.KNOWN and not principal.scopes:
            _refuse_unknown(principal)
        if self.access is Access.FRESH and not principal.is_fresh:
            raise StepUpRequired


def _refuse_unknown(principal: Principal) -> None:
    if principal.user_id is None:
        raise NotAuthenticated("credentials are needed: Authorization: Bearer with an API key, or a session's cookie")


_PARAMETER: Final = re.compile(r"\{[^}]*\}")
OPEN: Final = Rule(access=Access.OPEN)
_KNOWN: Final = Rule(access=Access.KNOWN)
_PERSON: Final = Rule(access=Access.PERSON)
_FRESH: Final = Rule(access=Access.FRESH)


def _needs(scope: Scope, costly: Costly | None = None) -> Rule:
    return Rule(access=Access.SCOPE, scope=scope, costly=costly)


ADMIN_ONLY: Final = _needs(Scope.ADMIN)
METRICS: Final = ("GET", "/metrics")
SCHEMA: Final = (("GET", "/schema"), ("GET", "/schema/openapi.json"))

RULES: Final[Mapping[tuple[str, str], Rule]] = {
    ("GET", "/health/live"): OPEN,
    ("GET", "/health/ready"): OPEN,
    METRICS: _needs(Scope.METRICS_READ),
    SCHEMA[0]: _KNOWN,
    SCHEMA[1]: _KNOWN,
    ("POST", "/plans"): _needs(Scope.PLANS_WRITE, Costly.PLAN),
    ("POST", "/plans/multi"): _needs(Scope.PLANS_WRITE, Costly.PLAN),
    ("POST", "/plans/hourly"): _needs(Scope.PLANS_WRITE, Costly.PLAN),
    ("POST", "/what-if"): _needs(Scope.PLANS_WRITE, Costly.PLAN),
    ("GET", "/plans"): _needs(Scope.PLANS_READ),
    ("GET", "/plans/{}"): _needs(Scope.PLANS_READ),
    ("POST", "/history"): _needs(Scope.HISTORY_WRITE),
    ("GET", "/alerts"): _needs(Scope.ALERTS_READ),
    ("POST", "/repositories"): _needs(Scope.REPOSITORIES_WRITE, Costly.ANALYSIS),
    ("POST", "/repositories/{}/plans"): _needs(Scope.PLANS_WRITE, Costly.PLAN),
    ("POST", "/auth/register"): OPEN,
    ("POST", "/auth/verify-email"): OPEN,
    ("POST", "/auth/login"): OPEN,
    ("POST", "/auth/login/code"): OPEN,
    ("POST", "/auth/forgot-password"): OPEN,
    ("POST", "/auth/reset-password"): OPEN,
    ("POST", "/auth/step-up"): _PERSON,
    ("POST", "/auth/logout"): _PERSON,
    ("POST", "/auth/logout-everywhere"): _PERSON,
    ("GET", "/auth/sessions"): _PERSON,
    ("DELETE", "/auth/sessions/{}"): _PERSON,
    ("GET", "/account"): _PERSON,
    ("PATCH", "/account"): _PERSON,
    ("DELETE", "/account"): _FRESH,
    ("POST", "/account/deactivate"): _FRESH,
    ("POST", "/account/password"): _FRESH,
    ("POST", "/account/totp"): _FRESH,
    ("POST", "/account/totp/confirm"): _FRESH,
    ("DELETE", "/account/totp"): _FRESH,
    ("POST", "/account/backup-codes"): _FRESH,
    ("GET", "/account/audit"): _PERSON,
    ("GET", "/account/api-keys"): _PERSON,
    ("POST", "/account/api-keys"): _FRESH,
    ("POST", "/account/api-keys/{}/rotate"): _FRESH,
    ("DELETE", "/account/api-keys/{}"): _PERSON,
    ("GET", "/account/cloud-accounts"): _PERSON,
    ("POST", "/account/cloud-accounts"): _FRESH,
    ("GET", "/account/cloud-accounts/{}"): _PERSON,
    ("PATCH", "/account/cloud-accounts/{}"): _FRESH,
    ("DELETE", "/account/cloud-accounts/{}"): _FRESH,
    ("GET", "/shares"): _PERSON,
    ("POST", "/shares"): _PERSON,
    ("DELETE", "/shares/{}"): _PERSON,
    ("GET", "/admin/audit"): ADMIN_ONLY,
    ("GET", "/admin/users"): ADMIN_ONLY,
    ("POST", "/admin/users/{}/deactivate"): ADMIN_ONLY,
    ("POST", "/admin/users/{}/reopen"): ADMIN_ONLY,
}


def rules_with(public: tuple[str, ...]) -> dict[tuple[str, str], Rule]:
    """The table, with what the operator shows to anybody: ``metrics``, ``schema``."""
    shown = ([METRICS] if "metrics" in public else []) + (list(SCHEMA) if "schema" in public else [])
    return dict(RULES) | dict.fromkeys(shown, OPEN)


def rule_key(method: str, template: str) -> tuple[str, str]:
    """Where a route's rule stands in the table: names of path parameters do not matter."""
    return method, _PARAMETER.sub("{}", template)
