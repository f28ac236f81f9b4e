"""Use case: does a message really arrive? One test message through every channel, now and not by way of the outbox."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

from domain.alerts.delivery import Delivery
from domain.alerts.message import AlertKind, AlertMessage
from domain.ports.clock import Clock
from domain.ports.notifier import Notifier

_ACTION = "nothing to do. MCP Core Orchestrator sent this message to show that its alerts reach this channel."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelAnswer:
    """What one channel answered, and after how long."""

    channel: str
    delivery: Delivery
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTestAlert:
    """Sends one message that says it is a test.

    Attributes:
        notifiers: The channels.
        clock: Date of the message.
        deadline_seconds: Longest time per channel.
    """

    notifiers: Sequence[Notifier]
    clock: Clock
    deadline_seconds: float

    def __call__(self) -> list[ChannelAnswer]:
        """One answer per channel, in order; a channel that fails does not keep the next from being tried."""
        message = self._message()
        return [self._answer(notifier, message) for notifier in self.notifiers]

    def _answer(self, notifier: Notifier, message: AlertMessage) -> ChannelAnswer:
        began = time.perf_counter()
        delivery = notifier.deliver(message, deadline_seconds=self.deadline_seconds)
        return ChannelAnswer(channel=notifier.name, delivery=delivery, seconds=time.perf_counter() - began)

    def _message(self) -> AlertMessage:
        now = self.clock.now()
        # No forecast stands behind it: what a forecast would fill is zero or absent, and no channel shows it.
        return AlertMessage(
            alert_id=f"test-{uuid4()}", kind=AlertKind.TEST, service_id="mcp-core", metric_name="alerts",
            model_version="none", time_slot="normal", detector="none", score=None, threshold=0.0, peak=0.0,
            peak_at=now, mean=None, std=None, unit="", recommended_flavor="none",
            expected_cost_per_day=Decimal(0), plan_id=None, plan_url=None, created_at=now, suggested_action=_ACTION,
        )  # fmt: skip
