"""When to stop asking a dependency that fails, and when to try it again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

# As many as may wait at the same time by default, less one: those that queue behind them do not wait in turn.
FAILURES: Final = 3
WITHIN_SECONDS: Final = 30.0
# Well within the ten seconds after which all must be well again, the probe itself included.
PROBE_SECONDS: Final = 5.0


class CircuitBreaker:
    """Opens after some failures in a row within some time; while open, one call after each pause is a probe.

    Thread-safe. A probe that succeeds closes it. The pause counts from the start of the last probe, so that a probe
    that hangs does not put off the next one.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        failures: int = FAILURES,
        within_seconds: float = WITHIN_SECONDS,
        probe_seconds: float = PROBE_SECONDS,
    ) -> None:
        """Closed.

        Args:
            monotonic: Seconds that only grow.
            failures: So many in a row open it …
            within_seconds: … within this time.
            probe_seconds: Pause between probes while it is open.
        """
        self._monotonic = monotonic
        self._within_seconds = within_seconds
        self._probe_seconds = probe_seconds
        self._failed_at: deque[float] = deque(maxlen=failures)
        self._probe_at: float | None = None
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        """Whether calls are refused at the moment, but for probes."""
        with self._lock:
            return self._probe_at is not None

    def admit(self) -> bool:
        """Whether to make a call now; what comes of it must be told by ``succeeded`` or ``failed``."""
        with self._lock:
            if self._probe_at is None:
                return True
            now = self._monotonic()
            if now < self._probe_at:
                return False
            self._probe_at = now + self._probe_seconds
            return True

    def succeeded(self) -> bool:
        """A call came back.

        Returns:
            Whether that closed the breaker.
        """
        with self._lock:
            was_open = self._probe_at is not None
            self._probe_at = None
            self._failed_at.clear()
            return was_open

    def failed(self) -> bool:
        """A call failed.

        Returns:
            Whether that opened the breaker.
        """
        with self._lock:
            now = self._monotonic()
            self._failed_at.append(now)
            full = len(self._failed_at) == self._failed_at.maxlen
            if self._probe_at is not None or not full or now - self._failed_at[0] > self._within_seconds:
                return False
            self._probe_at = now + self._probe_seconds
            return True
