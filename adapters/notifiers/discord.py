"""Discord, through a webhook of a channel."""

from __future__ import annotations

import json

from adapters.notifiers.discord_message import payload
from adapters.notifiers.hook import Hook
from domain.alerts.delivery import Delivery
from domain.alerts.message import AlertMessage
from domain.ports.clock import Clock
from domain.ports.metric_history import SourceStatus
from domain.ports.notifier import Notifier

SETTING = "DISCORD_WEBHOOK_URL"


class DiscordNotifier(Notifier):
    """Posts one embed per alert and waits until Discord has stored it.

    Args:
        url: The webhook's address, checked before; whoever knows it can post, so it is never told.
        bot_name: Name the message is posted under.
        bot_avatar: Picture shown beside it; None takes the webhook's own.
        clock: Tells how long a date asks to wait.
    """

    name = "discord"

    def __init__(self, *, url: str, bot_name: str, bot_avatar: str | None, clock: Clock) -> None:
        # Without wait=true Discord answers before it has stored the message, and an error afterwards is never seen.
        waiting = f"{url}{'&' if '?' in url else '?'}wait=true"
        self._hook = Hook(channel=self.name, setting=SETTING, url=waiting, clock=clock)
        self._bot_name = bot_name
        self._bot_avatar = bot_avatar

    def deliver(self, message: AlertMessage, *, deadline_seconds: float) -> Delivery:
        """See the port."""
        body = payload(message, bot_name=self._bot_name, bot_avatar=self._bot_avatar)
        content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        return self._hook.send(content, {"Content-Type": "application/json"}, deadline_seconds=deadline_seconds)

    def status(self) -> SourceStatus:
        """See the port."""
        return self._hook.status()
