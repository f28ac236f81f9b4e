"""Deliver the next alert of a channel: lease it, tell it, note what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.alerts.delivery import Delivery, Outcome
from domain.alerts.outbox import LeasedAlert, Settlement, settle
from domain.ports.alert_outbox import AlertOutbox
from domain.ports.notifier import Notifier

# A lease outlasts the delivery by this, so that a slow machine does not lose it while it notes the result.
LEASE_MARGIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to deliver an alert.

    Attributes:
        leased: The alert.
        delivery: What the channel answered.
        settlement: What that means for the alert.
        seconds: How long the channel took.
        was_noted: False when the lease had passed to somebody else meanwhile.
    """

    leased: LeasedAlert
    delivery: Delivery
    settlement: Settlement
    seconds: float
    was_noted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverAlert:
    """Delivers one alert at a time.

    Attributes:
        outbox: Where alerts come from.
        deadline_seconds: Longest time an attempt may take.
        give_up_seconds: Age from which on an alert is not tried again.
        jitter: Draws a number from 0 to 1, to spread attempts.
        monotonic: Seconds that only grow.
    """

    outbox: AlertOutbox
    deadline_seconds: float
    give_up_seconds: float
    jitter: Callable[[], float]
    monotonic: Callable[[], float]
    lease_margin_seconds: float = LEASE_MARGIN_SECONDS

    def __call__(self, notifier: Notifier) -> Attempt | None:
        """Deliver the next alert due; None when there is none.

        Raises:
            DatabaseUnavailable: The outbox cannot be read or written; what was delivered may be delivered again.
        """
        lease_seconds = self.deadline_seconds + self.lease_margin_seconds
        leased = self.outbox.lease(notifier.name, lease_seconds=lease_seconds)
        if leased is None:
            return None
        began = self.monotonic()
        delivery = _deliver(notifier, leased, self.deadline_seconds)
        seconds = self.monotonic() - began
        settlement = settle(
            delivery, attempts=leased.attempts + 1, age_seconds=leased.age_seconds + seconds,
            give_up_seconds=self.give_up_seconds, jitter=self.jitter(),
        )  # fmt: skip
        was_noted = self.outbox.settle(leased, settlement)
        return Attempt(leased=leased, delivery=delivery, settlement=settlement, seconds=seconds, was_noted=was_noted)


def _deliver(notifier: Notifier, leased: LeasedAlert, deadline_seconds: float) -> Delivery:
    try:
        return notifier.deliver(leased.message, deadline_seconds=deadline_seconds)
    except Exception as error:  # a defect of one channel must not end the dispatcher: it is noted and told
        return Delivery(outcome=Outcome.RETRY, status=None, detail=f"the notifier failed: {type(error).__name__}")
