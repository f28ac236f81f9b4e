"""Port: alerts on their way, shared by every process that delivers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.alerts.outbox import AlertEntry, AlertQuery, LeasedAlert, OutboxStatus, Settlement


class AlertOutbox(Protocol):
    """Hands out alerts to be delivered. Thread-safe; several processes share one.

    Alerts get into it with their plans (``PlanStore.save``). One that is leased is handed to nobody else until its
    lease ends; one that is not settled by then is handed out again, so each is delivered at least once.
    """

    def lease(self, channel: str, *, lease_seconds: float) -> LeasedAlert | None:
        """The next alert due on a channel; None when there is none, or the minute's share of the channel is used up.

        In the order of the outbox, and never an alert while an earlier one of the same service is pending on the
        channel. Alerts that are more than the channel takes in a minute, and would be in the next one too, are
        suppressed in favour of a summary, which is handed out in their stead.

        Args:
            channel: Name of the notifier.
            lease_seconds: Longer than a delivery takes at most.

        Raises:
            DatabaseUnavailable: The outbox cannot be read or written at the moment.
        """
        ...

    def settle(self, leased: LeasedAlert, settlement: Settlement) -> bool:
        """Note what became of an attempt; False when the lease had passed to somebody else, and nothing was noted.

        Raises:
            DatabaseUnavailable: The outbox cannot be written at the moment; the lease ends by itself.
        """
        ...

    def status(self) -> OutboxStatus:
        """How full it is.

        Raises:
            DatabaseUnavailable: The outbox cannot be read at the moment.
        """
        ...


class AlertLog(Protocol):
    """Every alert there was, for people. Thread-safe."""

    def alerts(self, query: AlertQuery) -> Sequence[AlertEntry]:
        """Alerts, newest first.

        Raises:
            DatabaseUnavailable: They cannot be read at the moment.
        """
        ...

    def retry(self, alert_ids: Sequence[str] | None = None) -> int:
        """Take failed alerts up again, at once and with their attempts counted anew; returns how many.

        Args:
            alert_ids: Which; None: every failed one. Ids of alerts that did not fail are passed over.

        Raises:
            DatabaseUnavailable: They cannot be written at the moment.
        """
        ...
