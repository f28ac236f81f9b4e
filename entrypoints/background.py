"""What runs beside the requests of one worker process: plans are stored, alerts delivered, old ones forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from application.deliver_alert import Attempt
from domain.alerts.delivery import Outcome
from domain.errors import McpCoreError, Unavailable
from entrypoints.http.metrics import Metrics

if TYPE_CHECKING:
    from entrypoints.container import Container

_MOST_FORGOTTEN = 100_000
_LOOK_SECONDS = 15.0
# Shares of the time a stop may take; the rest is for requests that were accepted before.
_JOURNAL_SHARE = 0.3
_FLUSH_SHARE = 0.3
_ATTEMPT_SHARE = 0.2


class Background:
    """Starts and stops it, in the process that serves: threads survive no fork.

    Args:
        container: The application's.
        metrics: Told what becomes of alerts and plans.
    """

    def __init__(self, container: Container, metrics: Metrics) -> None:
        self._container = container
        self._metrics = metrics
        self._grace_seconds = container.settings().drain_seconds
        self._journal = container.plan_journal()
        self._dispatcher = container.dispatch_alerts(observe=self._observe, complain=self._complain)
        repeated = container.repeated()
        self._forgetting = repeated("forget-plans", self._forget, every_seconds=3600.0, first_after_seconds=60.0)
        self._looking = repeated("look-at-outbox", self._look, every_seconds=_LOOK_SECONDS)

    def start(self) -> None:
        """Begin; nothing here waits for the database."""
        if self._journal is None:
            return
        self._journal.listen(on_stored=self._dispatcher.wake)
        self._journal.start()
        self._dispatcher.start()
        self._forgetting.start()
        self._looking.start()

    def stop(self) -> None:
        """Store what is in memory and deliver what is due, within the grace time; the rest stays where it is safe."""
        if self._journal is None:
            return
        self._forgetting.stop(0.0)
        self._looking.stop(0.0)
        self._journal.stop(self._grace_seconds * _JOURNAL_SHARE)
        self._flush()
        self._dispatcher.stop(self._grace_seconds * _ATTEMPT_SHARE)

    def _flush(self) -> None:
        log = structlog.get_logger("alerts")
        try:
            left = self._dispatcher.flush(self._grace_seconds * _FLUSH_SHARE)
        except Unavailable as error:
            log.warning(
                "the outbox cannot be read: alerts in it are delivered after the next start", reason=error.message
            )
            return
        if left:
            log.warning("alerts are left in the outbox and are delivered after the next start", deliveries=left)

    def _observe(self, attempt: Attempt) -> None:
        self._metrics.alerts.observe(attempt)
        outcome = attempt.delivery.outcome
        if outcome is Outcome.DISABLED:
            # The channel has said so itself, once.
            return
        log = structlog.get_logger("alerts")
        (log.info if outcome is Outcome.DELIVERED else log.warning)(
            "alert_attempt", alert_id=attempt.leased.message.alert_id, channel=attempt.leased.channel,
            service_id=attempt.leased.message.service_id, outcome=outcome.value, state=attempt.settlement.state.value,
            attempt=attempt.leased.attempts + 1, status=attempt.delivery.status, detail=attempt.settlement.detail,
            ms=round(attempt.seconds * 1e3, 1), retry_in_seconds=round(attempt.settlement.retry_in_seconds, 1),
        )  # fmt: skip

    def _complain(self, why: str) -> None:
        structlog.get_logger("alerts").warning("alerts wait until the outbox can be read", reason=why)

    def _look(self) -> None:
        """Refresh what `/metrics` shows of journal and outbox, so that a scrape never waits for the database."""
        if self._journal is not None:
            self._metrics.alerts.show_journal(self._journal.status())
        try:
            self._metrics.alerts.show_outbox(self._container.alert_outbox().status())
        except McpCoreError:
            # Readiness and the dispatcher's own line say that the database is away.
            self._metrics.alerts.show_outbox(None)

    def _forget(self) -> None:
        log = structlog.get_logger("plans")
        try:
            forgotten = self._container.forget_plans()(_MOST_FORGOTTEN)
        except Unavailable as error:
            log.warning("old plans could not be forgotten", reason=error.message)
            return
        if forgotten:
            log.info("old plans forgotten", plans=forgotten)
