"""What a key or an account may do."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from domain.errors import FieldError, InvalidRequest


class Scope(StrEnum):
    """One kind of permission; routes name the one they need."""

    PLANS_READ = "plans:read"
    PLANS_WRITE = "plans:write"
    HISTORY_READ = "history:read"
    HISTORY_WRITE = "history:write"
    ALERTS_READ = "alerts:read"
    REPOSITORIES_WRITE = "repositories:write"
    METRICS_READ = "metrics:read"
    ADMIN = "admin"


class Role(StrEnum):
    """What an account is."""

    USER = "user"
    ADMIN = "admin"


EVERYDAY_SCOPES = frozenset(Scope) - {Scope.ADMIN, Scope.METRICS_READ}
_SCOPES_OF = {Role.USER: EVERYDAY_SCOPES, Role.ADMIN: frozenset(Scope)}


def scopes_of(role: Role) -> frozenset[Scope]:
    """Everything a role may do; a key of its owner's may have no more."""
    return _SCOPES_OF[role]


def read_scopes(names: Iterable[str], role: Role, pointer: str = "/scopes") -> frozenset[Scope]:
    """The scopes asked for.

    Raises:
        InvalidRequest: None, an unknown one, or one the role does not have.
    """
    allowed = scopes_of(role)
    known = {scope.value for scope in allowed}
    given = list(names)
    if not given or any(name not in known for name in given):
        expected = f"one or more of {', '.join(sorted(known))}"
        raise InvalidRequest(f"{pointer}: {expected}", [FieldError(pointer=pointer, expected=expected, code="choice")])
    return frozenset(Scope(name) for name in given)
