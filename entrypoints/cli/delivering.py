"""Delivering what is in the outbox from the command line, with the dispatcher the service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
import typer

from application.deliver_alert import Attempt

if TYPE_CHECKING:
    from entrypoints.container import Container


def deliver_now(container: Container, timeout_seconds: float) -> int:
    """Deliver until the outbox is empty or the time is over; returns how many deliveries are left.

    Raises:
        DatabaseUnavailable: The outbox cannot be read.
    """
    log = structlog.get_logger("alerts")

    def observe(attempt: Attempt) -> None:
        log.debug("alert_attempt", alert_id=attempt.leased.message.alert_id, outcome=attempt.delivery.outcome.value)

    def complain(why: str) -> None:
        typer.echo(f"mcp-core: alerts wait: {why}", err=True)

    dispatcher = container.dispatch_alerts(observe=observe, complain=complain)
    dispatcher.start()
    try:
        return dispatcher.flush(timeout_seconds)
    finally:
        dispatcher.stop(container.settings().alert_deadline_seconds)
