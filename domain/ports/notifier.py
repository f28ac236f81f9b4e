"""Port: a channel that people (or their pagers) read."""

from __future__ import annotations

from typing import Protocol

from domain.alerts.delivery import Delivery
from domain.alerts.message import AlertMessage
from domain.ports.metric_history import SourceStatus


class Notifier(Protocol):
    """Delivers alerts to one channel. Thread-safe; keeps no queue and never retries by itself.

    Attributes:
        name: ``discord``, ``webhook`` or ``log``; distinct among the channels of one service, as the outbox and
            ``/metrics`` tell channels apart by it.
    """

    name: str

    def deliver(self, message: AlertMessage, *, deadline_seconds: float) -> Delivery:
        """Try once; the same message may come again, with the same ``alert_id``, after a crash.

        Args:
            message: What to tell.
            deadline_seconds: Longest time the whole attempt may take, > 0, however slowly the other side answers.

        Returns:
            What became of it; never raises for what the network or the other side does. ``DISABLED`` comes again,
            without anything being sent, for every later message until the process is restarted.
        """
        ...

    def status(self) -> SourceStatus:
        """``degraded`` with the reason once disabled, else ``ok``; sends nothing."""
        ...
