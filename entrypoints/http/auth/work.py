"""Threads for accounts: password checks wait here and never take a planner's place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from domain.identity.errors import Busy

_Result = TypeVar("_Result")


class AccountThreads:
    """A pool of its own with as many requests in it as threads, and no queue behind it.

    Args:
        threads: Requests at the same time; more than password checks can run or wait, so that the check's own
            queue is what fills first.
    """

    def __init__(self, threads: int = 40) -> None:
        self._free = threads
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Do blocking work in a thread; called on the event loop only, so the count needs no lock.

        Raises:
            Busy: Every thread is taken.
        """
        if not self._free:
            raise Busy
        if self._pool is None:
            # Made in the worker: threads do not survive its fork.
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="accounts")
        self._free -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._free += 1

    def close(self) -> None:
        """End the threads."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
