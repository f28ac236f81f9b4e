"""A Notifier that remembers what it was given and answers as scripted."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from domain.alerts.delivery import Delivery, Outcome
from domain.alerts.message import AlertMessage
from domain.ports.metric_history import SourceStatus
from domain.ports.notifier import Notifier

DELIVERED = Delivery(outcome=Outcome.DELIVERED, status=None, detail="recorded")


class RecordingNotifier(Notifier):
    """Takes every message, unless told otherwise.

    Args:
        name: The channel's name.
        script: Answers to the next attempts, in order; after the last one every message is delivered.

    Attributes:
        attempts: Every message given, in order, whatever was answered; none once disabled.
        delivered: Those answered with ``DELIVERED``.
    """

    def __init__(self, name: str = "fake", script: Iterable[Delivery] = ()) -> None:
        self.name = name
        self.attempts: list[AlertMessage] = []
        self.delivered: list[AlertMessage] = []
        self._script = list(script)
        self._disabled: Delivery | None = None
        self._lock = Lock()

    def will_answer(self, *answers: Delivery) -> None:
        """Add answers to the script."""
        with self._lock:
            self._script.extend(answers)

    def deliver(self, message: AlertMessage, *, deadline_seconds: float) -> Delivery:
        with self._lock:
            if self._disabled is not None:
                return self._disabled
            self.attempts.append(message)
            answer = self._script.pop(0) if self._script else DELIVERED
            if answer.outcome is Outcome.DELIVERED:
                self.delivered.append(message)
            if answer.outcome is Outcome.DISABLED:
                self._disabled = answer
            return answer

    def status(self) -> SourceStatus:
        disabled = self._disabled
        return SourceStatus(state="degraded", reason=disabled.detail) if disabled else SourceStatus(state="ok")
