"""Whose a plan is: people and their programs see their own, administrators everybody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request

from application.accounts.grants import KnownGrants
from domain.identity.principal import Principal
from domain.identity.scopes import Scope
from entrypoints.http.auth.gate import Asker

Asked = Request[Any, Any, Any]


def asker_of(request: Asked) -> Asker:
    """Who asks, as the gate found."""
    asker: Asker = request.scope["auth"]
    return asker


def maker_of(request: Asked) -> str | None:
    """Whose something made now is; nobody's where nobody is signed in."""
    return asker_of(request).principal.user_id


def seen_by(request: Asked) -> str | None:
    """Whose things the caller sees; None for everybody's.

    That is what administrators see, and what anybody sees where credentials are optional and none were shown.
    """
    return owner_seen(asker_of(request).principal)


def check_history(request: Asked, service_id: str, grants: Callable[[], KnownGrants]) -> None:
    """Let the caller plan a service.

    Raises:
        ServiceNotFound: Its history is somebody else's and not shared.
        Unavailable: The database that says whose it is does not answer.
    """
    viewer_id = seen_by(request)
    if viewer_id is not None:
        grants().check_history(service_id, viewer_id)


def owner_seen(principal: Principal) -> str | None:
    """The same of somebody known otherwise than by a request's scope."""
    return None if Scope.ADMIN in principal.scopes else principal.user_id
