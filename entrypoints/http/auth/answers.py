"""What the routes of accounts share: who asks, where the work is done, how a session is told to a browser."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from litestar import Response

from application.accounts.accounts import Accounts
from application.accounts.desk import SignedIn
from domain.errors import FieldError, InvalidRequest
from domain.identity.sessions import PENDING_LIFE
from domain.identity.tokens import csrf_token
from entrypoints.http.auth.desk import AuthDesk
from entrypoints.http.auth.owners import Asked, asker_of
from entrypoints.http.auth.shapes import SignedInBody, account_body

_Result = TypeVar("_Result")
# Longer than making or not making an account or a token takes, so that the time says nothing of which it was.
_ALIKE_SECONDS = 0.4
_FIRST_YEAR, _LAST_YEAR = 1970, 9998


def user_id_of(request: Asked) -> str:
    """The account that asks; the gate lets nobody else through to routes for signed-in people."""
    user_id = asker_of(request).principal.user_id
    if user_id is None:
        raise RuntimeError("a route for signed-in people has no rule that says so")
    return user_id


async def at_the_desk(desk: AuthDesk, work: Callable[[Accounts], _Result]) -> _Result:
    """Do blocking work on accounts in their own threads.

    Raises:
        Busy: Every thread is taken.
    """
    return await desk.threads.run(lambda: work(desk.accounts()))


async def alike(work: Awaitable[_Result]) -> _Result:
    """Answer no sooner than after a fixed time, whether there was something to do or not."""
    ready_at = time.monotonic() + _ALIKE_SECONDS
    try:
        return await work
    finally:
        await asyncio.sleep(max(0.0, ready_at - time.monotonic()))


def signed_in_response(desk: AuthDesk, signed_in: SignedIn) -> Response[SignedInBody]:
    """A session under its new token, in the cookie alone."""
    is_pending = signed_in.session.is_pending
    seconds = int(PENDING_LIFE.total_seconds()) if is_pending else desk.session_seconds
    body = SignedInBody(
        second_factor_required=is_pending,
        csrf_token=None if is_pending else csrf_token(signed_in.token),
        # Who has only the password learns nothing of the account.
        account=None if is_pending else account_body(signed_in.user),
    )
    return Response(body, headers=session_header(desk, signed_in, seconds), status_code=200)


def session_header(desk: AuthDesk, signed_in: SignedIn, seconds: int | None = None) -> dict[str, str]:
    """The header that tells a browser its session."""
    lasting = desk.session_seconds if seconds is None else seconds
    return {"Set-Cookie": desk.cookie.setting(signed_in.token, lasting)}


def signed_out_header(desk: AuthDesk) -> dict[str, str]:
    """The header that makes a browser forget its session."""
    return {"Set-Cookie": desk.cookie.removal()}


def read_moment(text: str | None, name: str) -> datetime | None:
    """A time from a query; without a zone it is UTC.

    Raises:
        InvalidRequest: It is none.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        expected = "a time such as 2026-11-23T12:00:00Z"
        raise InvalidRequest(f"?{name}: {expected}", [FieldError(pointer=f"?{name}", expected=expected, code="format")])
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
