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
# Soon after the start, as a service that is started anew each hour would else never forget anything; then every hour.
_TIDY_FIRST = 60
_TIDY_EVERY = 3600
_log = structlog.get_logger("auth")


class Housekeeping:
    """What is done once a second, and seldom.

    Args:
        desk: Counters and use cases.
    """

    def __init__(self, desk: AuthDesk) -> None:
        self._desk = desk
        self._rounds = 0
        self._tidy_at = _TIDY_FIRST
        self._trouble: type[Exception] | None = None

    def round(self) -> None:
        """One second's work; what did not succeed is tried again in the next, and told once until all is well."""
        self._rounds += 1
        try:
            self._desk.rates().exchange()
            if self._rounds >= self._tidy_at:
                self._desk.rates().tidy()
                self._desk.accounts().tidy(_SERVICE)
                self._tidy_at = self._rounds + _TIDY_EVERY
            self._trouble = None
        except Unavailable as error:
            if self._is_new(error):
                _log.warning("requests are counted in this process alone", reason=error.message)
        except Exception as error:
            # A defect, told with its traceback: counters of other processes and retention must not stop for good.
            if self._is_new(error):
                _log.error("housekeeping failed", error_type=type(error).__name__, exc_info=error)

    def _is_new(self, error: Exception) -> bool:
        before, self._trouble = self._trouble, type(error)
        return self._trouble is not before


@asynccontextmanager
async def keep_house(desk: AuthDesk) -> AsyncIterator[None]:
    """Keep counters and retention while the service runs; nothing where credentials are optional."""
    task = asyncio.create_task(_keep(Housekeeping(desk))) if desk.is_required else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _keep(house: Housekeeping) -> None:
    while True:
        await asyncio.sleep(_EXCHANGE_SECONDS)
        await asyncio.to_thread(house.round)
