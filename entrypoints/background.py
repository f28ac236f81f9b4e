"""What runs beside the requests of one worker process: plans are stored, old ones forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from domain.errors import Unavailable

if TYPE_CHECKING:
    from entrypoints.container import Container

_MOST_FORGOTTEN = 100_000
# Shares of the time a stop may take; the rest is for requests that were accepted before.
_JOURNAL_SHARE = 0.3


class Background:
    """Starts and stops it, in the process that serves: threads survive no fork.

    Args:
        container: The application's.
    """

    def __init__(self, container: Container) -> None:
        self._container = container
        self._grace_seconds = container.settings().drain_seconds
        self._journal = container.plan_journal()
        self._forgetting = container.repeated()(
            "forget-plans", self._forget, every_seconds=3600.0, first_after_seconds=60.0
        )

    def start(self) -> None:
        """Begin; nothing here waits for the database."""
        if self._journal is not None:
            self._journal.start()
            self._forgetting.start()

    def stop(self) -> None:
        """Store what is in memory, or put it on disk, within the grace time."""
        if self._journal is not None:
            self._forgetting.stop(0.0)
            self._journal.stop(self._grace_seconds * _JOURNAL_SHARE)

    def _forget(self) -> None:
        log = structlog.get_logger("plans")
        try:
            forgotten = self._container.forget_plans()(_MOST_FORGOTTEN)
        except Unavailable as error:
            log.warning("old plans could not be forgotten", reason=error.message)
            return
        if forgotten:
            log.info("old plans forgotten", plans=forgotten)
