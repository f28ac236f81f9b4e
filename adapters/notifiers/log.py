"""The service's own log as a channel: what there is when no other is set."""

from __future__ import annotations

import json
import logging

import structlog

from domain.alerts.delivery import Delivery, Outcome
from domain.alerts.message import AlertKind, AlertMessage, message_to_json
from domain.ports.metric_history import SourceStatus
from domain.ports.notifier import Notifier

_LEVELS = {
    AlertKind.ANOMALY: logging.WARNING,
    AlertKind.SUMMARY: logging.WARNING,
    AlertKind.RECOVERY: logging.INFO,
    AlertKind.TEST: logging.INFO,
}


class LogNotifier(Notifier):
    """One structured line per alert, with every field of the message."""

    name = "log"

    def deliver(self, message: AlertMessage, *, deadline_seconds: float) -> Delivery:
        """See the port. ``LOG_LEVEL`` does not drop an alert: it is raised to the least level logged."""
        log = structlog.get_logger("alerts")
        level = max(_LEVELS[message.kind], log.get_effective_level())
        log.log(level, "alert", **json.loads(message_to_json(message)))
        return Delivery(outcome=Outcome.DELIVERED, status=None, detail="written to the log")

    def status(self) -> SourceStatus:
        """Always ``ok``."""
        return SourceStatus(state="ok")
