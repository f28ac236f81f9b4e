"""A source of history that may hang, fail or drip, and a caller who does not wait for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from datetime import datetime
from threading import RLock
from typing import Any, Final, TypeVar

import structlog

from adapters.circuit_breaker import CircuitBreaker
from adapters.history.window_cache import WindowCache, WindowKey
from domain.errors import DataSourceUnavailable
from domain.ports.forecaster import LOOKBACK_HOURS
from domain.ports.metric_history import HistoryWindow, MetricHistory, SourceStatus

MOST_CALLS: Final = 8

Answer = TypeVar("Answer")


class GuardedMetricHistory(MetricHistory):
    """Waits for a remote source no longer than it is worth, and stops asking one that keeps failing.

    Every question runs in one of a few threads, the same one asked by several callers only once. A caller leaves after
    ``patience_seconds``; the question goes on until the source's own time limit, and what it brings is remembered for
    the next caller. What is remembered is answered without a thread, whatever state the source is in.
    """

    def __init__(
        self,
        inner: MetricHistory,
        *,
        cache: WindowCache,
        patience_seconds: float,
        breaker: CircuitBreaker | None = None,
        most_calls: int = MOST_CALLS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """No thread is started yet.

        Args:
            inner: The source; its own time limits must end every call some day.
            cache: Remembers windows.
            patience_seconds: How long a caller waits for as much history as a plan needs.
            breaker: Decides whether to ask at all.
            most_calls: Questions under way at the same time; those beyond wait, as patiently.
            monotonic: Seconds that only grow.
        """
        self._inner = inner
        self._cache = cache
        self._patience_seconds = patience_seconds
        self._breaker = breaker or CircuitBreaker()
        self._monotonic = monotonic
        self._threads = ThreadPoolExecutor(most_calls, thread_name_prefix="history")
        self._under_way: dict[Hashable, tuple[float, Future[Any]]] = {}
        # Re-entrant: a question may be over before its callback is hung on.
        self._lock = RLock()
        self._last_failure = ""

    def window(self, service_id: str, metric_names: Sequence[str], *, end: datetime, hours: int) -> HistoryWindow:
        """See the port. A window longer than a plan's is asked for by a job, which waits until the source is done."""
        key = WindowKey(service_id=service_id, metric_names=tuple(metric_names), end=end, hours=hours)
        known = self._cache.get(key)
        if known is not None:
            return known
        patience_seconds = self._patience_seconds if hours <= LOOKBACK_HOURS else None
        return self._ask(key, lambda: self._read(key), patience_seconds)

    def services(self) -> Mapping[str, tuple[str, ...]]:
        """See the port."""
        return self._ask("services", self._inner.services, None)

    def status(self) -> SourceStatus:
        """See the port. Serves as a probe while the source is not asked otherwise."""
        try:
            return self._ask("status", self._status, self._patience_seconds)
        except DataSourceUnavailable as error:
            return SourceStatus(state="down", reason=error.message)

    def close(self) -> None:
        """Wait for questions under way; none can be asked afterwards."""
        self._threads.shutdown()

    def _read(self, key: WindowKey) -> HistoryWindow:
        begun = self._cache.begin()
        window = self._inner.window(key.service_id, key.metric_names, end=key.end, hours=key.hours)
        self._cache.put(key, begun, window)
        return window

    def _status(self) -> SourceStatus:
        status = self._inner.status()
        if status.state == "down":
            raise DataSourceUnavailable(status.reason)
        return status

    def _ask(self, key: Hashable, question: Callable[[], Answer], patience_seconds: float | None) -> Answer:
        if not self._breaker.admit():
            raise DataSourceUnavailable(f"{self._last_failure}; it is asked again every few seconds only")
        asked = self._start(key, question)
        try:
            return asked.result(patience_seconds)
        except (TimeoutError, CancelledError):
            # One that waits for a thread is not begun any more: nobody waits for its answer.
            asked.cancel()
            text = f"no answer within {self._patience_seconds:g} seconds (HISTORY_PATIENCE_SECONDS)"
            self._failed(text)
            raise DataSourceUnavailable(text) from None
        except DataSourceUnavailable as error:
            self._failed(error.message)
            raise

    def _start(self, key: Hashable, question: Callable[[], Answer]) -> Future[Answer]:
        """Begin a question, or join the same one; one that others have lost patience with is left to itself."""
        now = self._monotonic()
        with self._lock:
            began, asked = self._under_way.get(key, (now, None))
            if asked is None or asked.done() or now - began >= self._patience_seconds:
                asked = self._threads.submit(self._run, question)
                self._under_way[key] = (now, asked)
                asked.add_done_callback(lambda done: self._over(key, done))
            return asked

    def _over(self, key: Hashable, done: Future[Any]) -> None:
        with self._lock:
            if self._under_way.get(key, (0.0, None))[1] is done:
                del self._under_way[key]

    def _run(self, question: Callable[[], Answer]) -> Answer:
        answer = question()
        # Here and not where it is waited for: an answer that comes late is one, too.
        if self._breaker.succeeded():
            structlog.get_logger("history").warning("source_answers_again")
        return answer

    def _failed(self, reason: str) -> None:
        self._last_failure = reason
        if self._breaker.failed():
            structlog.get_logger("history").warning("source_keeps_failing", reason=reason, then="asked by a probe only")
