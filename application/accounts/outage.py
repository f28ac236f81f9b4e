"""Not waiting again and again for a database that does not answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeVar

from domain.errors import DatabaseUnavailable, Unavailable

# Well within the ten seconds after which all must be well again.
PAUSE = timedelta(seconds=5)
Result = TypeVar("Result")


@dataclass(slots=True)
class Outage:
    """After a question that was not answered, one caller in five seconds asks; the others are told at once."""

    _until: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    def ask(self, question: Callable[[], Result], now: Callable[[], datetime]) -> Result:
        """Ask unless it is known that nobody answers.

        Raises:
            Unavailable: It does not answer, or did not lately.
        """
        if not self._may_ask(now()):
            raise DatabaseUnavailable("the database did not answer a moment ago: try again in some seconds")
        try:
            answer = question()
        except Unavailable:
            self._set(now() + PAUSE)
            raise
        self._set(None)
        return answer

    def _may_ask(self, now: datetime) -> bool:
        with self._lock:
            if self._until is None:
                return True
            # A clock set back must not stretch the pause.
            if timedelta(0) < self._until - now <= PAUSE:
                return False
            self._until = now + PAUSE
            return True

    def _set(self, until: datetime | None) -> None:
        with self._lock:
            self._until = until
