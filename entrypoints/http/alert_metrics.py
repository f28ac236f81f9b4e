"""Metrics of alerts on their way, and of plans on theirs."""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from application.deliver_alert import Attempt
from domain.alerts.delivery import Outcome
from domain.alerts.outbox import AlertState, OutboxStatus
from domain.ports.plan_journal import JournalStatus

_LATENCY_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86_400.0)
_ATTEMPT_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0)


class AlertMetrics:
    """Counters of this process, gauges of the outbox all processes share.

    Args:
        registry: Where they are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._attempts = Counter(
            "mcp_alert_attempts_total", "Attempts to deliver, by channel, HTTP status or none, and outcome.",
            ("channel", "status", "outcome"), registry=registry,
        )  # fmt: skip
        self._attempt_seconds = Histogram(
            "mcp_alert_attempt_seconds", "Time a channel took to answer, seconds.",
            ("channel",), buckets=_ATTEMPT_SECONDS, registry=registry,
        )  # fmt: skip
        self._latency = Histogram(
            "mcp_alert_delivery_seconds", "From entering the outbox to being delivered, seconds.",
            ("channel",), buckets=_LATENCY_SECONDS, registry=registry,
        )  # fmt: skip
        self._states = Gauge("mcp_alerts", "Alerts kept, by state.", ("state",), registry=registry)
        self._depth = Gauge("mcp_alert_outbox_depth", "Deliveries still to be made.", ("channel",), registry=registry)
        self._oldest = Gauge(
            "mcp_alert_outbox_oldest_seconds", "Age of the oldest of them, 0 when there is none, seconds.",
            registry=registry,
        )  # fmt: skip
        self._plans = Gauge(
            "mcp_plan_journal", "Plans waiting in memory or on disk, and stored or dropped since the start.",
            ("where",), registry=registry,
        )  # fmt: skip
        self._channels: set[str] = set()

    def observe(self, attempt: Attempt) -> None:
        """Count one attempt."""
        channel, delivery = attempt.leased.channel, attempt.delivery
        status = "none" if delivery.status is None else str(delivery.status)
        self._attempts.labels(channel, status, delivery.outcome.value).inc()
        self._attempt_seconds.labels(channel).observe(attempt.seconds)
        if delivery.outcome is Outcome.DELIVERED:
            self._latency.labels(channel).observe(attempt.leased.age_seconds + attempt.seconds)

    def show_outbox(self, status: OutboxStatus | None) -> None:
        """Show how full the outbox is; NaN while nobody knows."""
        for state in AlertState:
            self._states.labels(state.value).set(math.nan if status is None else status.states.get(state, 0))
        self._channels |= set(status.pending) if status else set()
        for channel in self._channels:
            self._depth.labels(channel).set(math.nan if status is None else status.pending.get(channel, 0))
        self._oldest.set(math.nan if status is None else status.oldest_seconds)

    def show_journal(self, status: JournalStatus) -> None:
        """Show where plans are on their way to the store."""
        for where in ("waiting", "spooled", "stored", "dropped"):
            self._plans.labels(where).set(getattr(status, where))
