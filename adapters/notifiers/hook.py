"""A web hook: an address that is itself the password, and that is left alone once it no longer counts."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

import structlog

from adapters.notifiers.answers import delivery_of
from adapters.notifiers.http_post import NoAnswer, keep_quiet, post
from domain.alerts.delivery import Delivery, Outcome
from domain.ports.clock import Clock
from domain.ports.metric_history import SourceStatus


class Hook:
    """Posts to one address until that answers that it is not, or no longer, ours.

    Thread-safe. Discord bans an IP address for a while after 10,000 refused requests in 10 minutes: a hook that was
    deleted must not be called again.

    Args:
        channel: Name of the channel, for the log.
        setting: Name of the setting that holds the address, for the operator.
        url: The address; it appears in no message, log line or representation.
        clock: Tells how long a date asks to wait.
    """

    def __init__(self, *, channel: str, setting: str, url: str, clock: Clock) -> None:
        keep_quiet()
        self._channel = channel
        self._setting = setting
        self._url = url
        self._clock = clock
        self._disabled: Delivery | None = None
        self._lock = Lock()

    def send(self, content: bytes, headers: Mapping[str, str], *, deadline_seconds: float) -> Delivery:
        """Try once; see ``Notifier.deliver``."""
        disabled = self._disabled
        if disabled is not None:
            return disabled
        try:
            answer = post(self._url, content, headers, deadline_seconds=deadline_seconds)
        except NoAnswer as why:
            return Delivery(outcome=Outcome.RETRY, status=None, detail=str(why))
        delivery = delivery_of(answer, self._clock)
        if delivery.outcome is Outcome.DISABLED:
            self._disable(delivery)
        return delivery

    def status(self) -> SourceStatus:
        """``degraded`` once the address was not accepted."""
        disabled = self._disabled
        if disabled is None:
            return SourceStatus(state="ok")
        return SourceStatus(state="degraded", reason=f"{self._setting}: {disabled.detail}")

    def _disable(self, delivery: Delivery) -> None:
        with self._lock:
            first, self._disabled = self._disabled is None, delivery
        if first:
            structlog.get_logger("alerts").error(
                "channel_disabled", channel=self._channel, setting=self._setting, status=delivery.status,
                reason=delivery.detail,
            )  # fmt: skip
