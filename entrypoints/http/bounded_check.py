"""A check of a dependency that may hang, for callers who ask every few seconds and do not wait."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread

from domain.ports.metric_history import SourceStatus
from entrypoints.dependencies import DOWN

READY_PATIENCE_SECONDS = 0.5


class BoundedCheck:
    """Runs a check in a thread of its own, one at a time, and answers for it when it takes too long.

    Args:
        check: Answers without raising, some day.
        patience_seconds: How long a caller waits.
    """

    def __init__(self, check: Callable[[], SourceStatus], patience_seconds: float = READY_PATIENCE_SECONDS) -> None:
        self._check = check
        self._patience_seconds = patience_seconds
        self._changed = Condition()
        self._is_running = False
        self._answer: SourceStatus | None = None

    def __call__(self) -> SourceStatus:
        """The answer of the check that is under way, or of a new one."""
        with self._changed:
            if not self._is_running:
                self._is_running, self._answer = True, None
                Thread(target=self._run, name="readiness", daemon=True).start()
            self._changed.wait_for(lambda: self._answer is not None, self._patience_seconds)
            return self._answer or self._late()

    def _run(self) -> None:
        answer = SourceStatus(state=DOWN, reason="the check itself failed: see the log")
        try:
            answer = self._check()
        finally:
            with self._changed:
                self._is_running, self._answer = False, answer
                self._changed.notify_all()

    def _late(self) -> SourceStatus:
        reason = f"no answer within {self._patience_seconds:g} seconds: check that it runs and can be reached"
        return SourceStatus(state=DOWN, reason=reason)
