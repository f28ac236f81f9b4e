"""Beside the requests: even the counters of requests out with other processes, and forget what is old."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from domain.errors import Unavailable
from domain.identity.audit import Caller
from entrypoints.http.auth.desk import AuthDesk

_SERVICE = Caller(address="service")
_EXCHANGE_SECONDS = 1.0
_TIDY_EVERY = 3600
_log = structlog.get_logger("auth")


@asynccontextmanager
async def keep_house(desk: AuthDesk) -> AsyncIterator[None]:
    """Keep counters and retention while the service runs; nothing where credentials are optional."""
    task = asyncio.create_task(_keep(desk)) if desk.is_required else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _keep(desk: AuthDesk) -> None:
    rounds, is_alone = 0, False
    while True:
        await asyncio.sleep(_EXCHANGE_SECONDS)
        rounds += 1
        try:
            await asyncio.to_thread(desk.rates().exchange)
            if rounds % _TIDY_EVERY == 0:
                await asyncio.to_thread(_tidy, desk)
            is_alone = False
        except Unavailable as error:
            # Once an outage, not once a second.
            if not is_alone:
                _log.warning("requests are counted in this process alone", reason=error.message)
            is_alone = True


def _tidy(desk: AuthDesk) -> None:
    desk.rates().tidy()
    desk.accounts().tidy(_SERVICE)
