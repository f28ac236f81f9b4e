"""Who makes a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.identity.scopes import EVERYDAY_SCOPES, Role, Scope


class Via(StrEnum):
    """What somebody showed."""

    NOTHING = "nothing"
    SESSION = "session"
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who makes a request, and what they may do.

    Attributes:
        user_id: The account; None for anybody.
        role: The account's role.
        scopes: What may be done: the role's scopes for a person, the key's for a program.
        via: What was shown.
        credential_id: The session's or key's row.
        is_fresh: Whether the password was given within the step-up time.
    """

    user_id: str | None
    role: Role = Role.USER
    scopes: frozenset[Scope] = frozenset()
    via: Via = Via.NOTHING
    credential_id: str | None = None
    is_fresh: bool = False


ANONYMOUS = Principal(user_id=None)
# Where authentication is optional (a loopback address), anybody may do everyday work.
LOCAL_ANYBODY = Principal(user_id=None, scopes=EVERYDAY_SCOPES | {Scope.METRICS_READ})
