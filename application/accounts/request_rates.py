"""Limits on requests, counted in memory and evened out between processes once a second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from domain.identity.rates import HOUR_SECONDS, Rate
from domain.ports.account_database import AccountDatabase
from domain.ports.clock import Clock

_MAX_COUNTERS = 100_000
# Attempts are kept as long as the longest limit looks back.
_KEPT = timedelta(days=2)


@dataclass(slots=True)
class _Count:
    """One caller in one window: what all processes had counted when last asked, and what came here since."""

    shared: int = 0
    own: int = 0


class RequestRates:
    """Never waits for a database: between two exchanges a caller may exceed a limit by what other processes let in.

    Args:
        database: Where the counts of all processes meet; used at an exchange, never by a request.
        clock: Time.
    """

    def __init__(self, database: AccountDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._counts: dict[tuple[str, int], _Count] = {}
        self._lock = Lock()

    def wait(self, subject: str, rate: Rate) -> float:
        """Count one request; seconds to wait when it is one too many, else 0."""
        now = self._clock.now().timestamp()
        key = (f"{rate.name}:{subject}", rate.window_of(now))
        with self._lock:
            count = self._counts.get(key)
            if count is None:
                if len(self._counts) >= _MAX_COUNTERS:
                    self._forget(now)
                count = self._counts[key] = _Count()
            if count.shared + count.own >= rate.allowed:
                return rate.retry_after(now)
            count.own += 1
        return 0.0

    def exchange(self) -> None:
        """Tell the other processes what was counted here, and learn what they counted.

        Raises:
            Unavailable: The database does not answer; counting goes on alone, and the next exchange catches up.
        """
        with self._lock:
            told = {key: count.own for key, count in self._counts.items() if count.own}
        if not told:
            return
        with self._database.transaction() as records:
            totals = records.attempts.add_requests(told)
        with self._lock:
            for key, total in totals.items():
                count = self._counts.setdefault(key, _Count())
                count.shared, count.own = total, max(0, count.own - told[key])

    def tidy(self) -> None:
        """Forget windows long past, here and in the database."""
        now = self._clock.now()
        with self._lock:
            self._forget(now.timestamp())
        with self._database.transaction() as records:
            records.attempts.forget_older(now - _KEPT)

    def _forget(self, now_seconds: float) -> None:
        """Drop windows that have ended; when there are too many even so, all of them."""
        oldest = now_seconds - HOUR_SECONDS
        self._counts = {key: count for key, count in self._counts.items() if key[1] >= oldest}
        if len(self._counts) >= _MAX_COUNTERS:
            self._counts = {}
