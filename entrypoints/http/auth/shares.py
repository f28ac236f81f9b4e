"""`/shares`: who else sees a plan or a service's history."""

from __future__ import annotations

from collections.abc import Callable

from litestar import Router, delete, get, post
from litestar.params import FromPath, RawBody
from msgspec import UNSET

from application.recall_plans import RecallPlans
from domain.errors import FieldError, InvalidRequest
from domain.identity.scopes import Scope
from domain.identity.sharing import Shared
from entrypoints.http.auth.answers import at_the_desk, user_id_of
from entrypoints.http.auth.bodies import ShareBody, read_body
from entrypoints.http.auth.desk import AuthDesk
from entrypoints.http.auth.owners import Asked, asker_of
from entrypoints.http.auth.shapes import SharesBody, ShareView, share_body


def shares_router(desk: AuthDesk, recall_plans: Callable[[], RecallPlans]) -> Router:
    """The routes under `/shares`.

    Args:
        desk: Settings and use cases of accounts.
        recall_plans: Gives what finds kept plans.
    """

    @get("/", summary="What I share, and what is shared with me", operation_id="list_shares")
    async def list_shares(request: Asked) -> SharesBody:
        """Oldest first; what is shared with everybody is listed for who shared it."""
        user_id = user_id_of(request)
        found = await at_the_desk(desk, lambda accounts: accounts.look_up.shares(user_id))
        return SharesBody([share_body(*item) for item in found])

    @post("/", status_code=201, summary="Share a plan or a history", operation_id="share")
    async def share(request: Asked, body: RawBody) -> ShareView:
        """They may read the plan, or plan from the history; nothing else."""
        given = read_body(request, body, ShareBody, max_depth=desk.max_depth)
        kind, subject, username = _read(given)
        caller, user_id, is_admin = asker_of(request).caller, user_id_of(request), _is_admin(request)
        if kind is Shared.PLAN:
            await desk.threads.run(lambda: _refuse_others(recall_plans(), subject, None if is_admin else user_id))
        made = await at_the_desk(
            desk, lambda accounts: accounts.share(user_id, kind, subject, username, caller, is_admin=is_admin)
        )
        listed = await at_the_desk(desk, lambda accounts: accounts.look_up.shares(user_id))
        return next(share_body(*item) for item in listed if item[0].id == made.id)

    @delete("/{share_id:str}", status_code=204, summary="End a share", operation_id="end_share")
    async def end(request: Asked, share_id: FromPath[str]) -> None:
        """They see it no longer; every process notices within 5 seconds."""
        caller, user_id, is_admin = asker_of(request).caller, user_id_of(request), _is_admin(request)
        await at_the_desk(desk, lambda accounts: accounts.end_share(user_id, share_id, caller, is_admin=is_admin))

    return Router("/shares", route_handlers=[list_shares, share, end], tags=["accounts"])


def _is_admin(request: Asked) -> bool:
    return Scope.ADMIN in asker_of(request).principal.scopes


def _read(given: ShareBody) -> tuple[Shared, str, str | None]:
    """What is shared, and with whom: a name, or None for everybody.

    Raises:
        InvalidRequest: Not exactly one of each pair.
    """
    if (given.plan_id is UNSET) is (given.service_id is UNSET):
        raise _one_of("plan_id", "service_id")
    if (given.username is UNSET) is not given.everybody:
        raise _one_of("username", "everybody")
    username = None if given.username is UNSET else given.username
    if given.service_id is not UNSET:
        return Shared.HISTORY, given.service_id, username
    return Shared.PLAN, str(given.plan_id), username


def _one_of(first: str, second: str) -> InvalidRequest:
    expected = f"either {first} or {second}"
    return InvalidRequest(f"send {expected}", [FieldError(pointer=f"/{first}", expected=expected, code="choice")])


def _refuse_others(recall: RecallPlans, plan_id: str, owner_id: str | None) -> None:
    """A plan that was shared with somebody is not theirs to share on; None shares anybody's.

    Raises:
        PlanNotFound: There is none of this id, or it is somebody else's.
    """
    _ = recall.find(plan_id) if owner_id is None else recall.own(plan_id, owner_id)
