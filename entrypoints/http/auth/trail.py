"""The audit trail, and what administrators do: `/account/audit`, `/admin/…`."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from domain.ports.audit_log import AuditFilter
from entrypoints.http.auth.answers import at_the_desk, read_moment, user_id_of
from entrypoints.http.auth.desk import AuthDesk
from entrypoints.http.auth.owners import Asked, asker_of
from entrypoints.http.auth.shapes import AccountsBody, AuditPageBody, account_body, audit_page_body

_MOST = 200
# SQLite's and MySQL's integers end at 2^63; JSON's are safe up to 2^53.
_LARGEST = 2**53
Limit = Annotated[int, QueryParameter(ge=1, le=_MOST, description="Entries on a page.")]
Before = Annotated[int | None, QueryParameter(ge=1, le=_LARGEST, description="Older than this entry.")]
Name = Annotated[str, QueryParameter(max_length=64)]
Moment = Annotated[str | None, QueryParameter(max_length=64, description="A time; UTC without a zone.")]
_PAGE = 50


def own_audit_handler(desk: AuthDesk) -> HTTPRouteHandler:
    """What concerns the own account."""

    @get("/audit", summary="What happened to my account", operation_id="own_audit")
    async def own_audit(
        request: Asked, action: Name = "", outcome: Name = "", since: Moment = None, until: Moment = None,
        before: Before = None, limit: Limit = _PAGE,
    ) -> AuditPageBody:  # fmt: skip
        """Newest first; ``action`` gives how actions begin, for example ``session.``."""
        wanted = AuditFilter(
            user_id=user_id_of(request), action=action, outcome=outcome, since=read_moment(since, "since"),
            until=read_moment(until, "until"), before_number=before,
        )  # fmt: skip
        entries = await at_the_desk(desk, lambda accounts: accounts.look_up.audit(wanted, limit + 1))
        return audit_page_body(entries, limit)

    return own_audit


def admin_router(desk: AuthDesk) -> Router:
    """The routes under `/admin`."""

    @get("/audit", summary="What happened", operation_id="audit")
    async def audit(
        user_id: Name = "", action: Name = "", outcome: Name = "", since: Moment = None, until: Moment = None,
        before: Before = None, limit: Limit = _PAGE,
    ) -> AuditPageBody:  # fmt: skip
        """Newest first; ``user_id`` gives whose account is concerned or who did it."""
        wanted = AuditFilter(
            user_id=user_id or None, action=action, outcome=outcome, since=read_moment(since, "since"),
            until=read_moment(until, "until"), before_number=before,
        )  # fmt: skip
        entries = await at_the_desk(desk, lambda accounts: accounts.look_up.audit(wanted, limit + 1))
        return audit_page_body(entries, limit)

    @get("/users", summary="Accounts", operation_id="list_users")
    async def users(after: Name = "", limit: Limit = _PAGE) -> AccountsBody:
        """By name, those after ``after``; deleted ones are not shown."""
        found = await at_the_desk(desk, lambda accounts: accounts.look_up.accounts(after, limit + 1))
        more = found[limit - 1].username if len(found) > limit else None
        return AccountsBody([account_body(user) for user in found[:limit]], more)

    @post("/users/{user_id:str}/deactivate", status_code=204, summary="Close an account", operation_id="close_user")
    async def deactivate(request: Asked, user_id: FromPath[str]) -> None:
        """Sessions end and keys are taken back at once."""
        asker = asker_of(request)
        actor = asker.principal.user_id
        await at_the_desk(
            desk, lambda accounts: accounts.close_account(user_id, asker.caller, actor_id=actor, erase=False)
        )

    @post("/users/{user_id:str}/reopen", status_code=204, summary="Open an account again", operation_id="reopen_user")
    async def reopen(request: Asked, user_id: FromPath[str]) -> None:
        """A deactivated or locked one; keys and sessions of before do not count again."""
        asker = asker_of(request)
        actor = asker.principal.user_id
        await at_the_desk(desk, lambda accounts: accounts.reopen_account(user_id, asker.caller, actor_id=actor))

    return Router("/admin", route_handlers=[audit, users, deactivate, reopen], tags=["administration"])
