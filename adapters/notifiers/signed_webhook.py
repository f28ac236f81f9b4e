"""Any receiver that can check a signature: relays to Slack, Teams, a pager."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256

from adapters.notifiers.hook import Hook
from adapters.notifiers.plain_text import one_line, tidy
from domain.alerts.delivery import Delivery
from domain.alerts.message import AlertMessage, message_to_json
from domain.ports.clock import Clock
from domain.ports.metric_history import SourceStatus
from domain.ports.notifier import Notifier

VERSION = 1
SETTING = "ALERT_WEBHOOK_URL"


class SignedWebhookNotifier(Notifier):
    """Posts the message as JSON, signed with HMAC-SHA256 over time and body.

    Args:
        url: Where to; never told.
        secret: Shared with the receiver; never told.
        clock: Time of the signature, by which a receiver refuses a copy sent again later.
    """

    name = "webhook"

    def __init__(self, *, url: str, secret: str, clock: Clock) -> None:
        self._hook = Hook(channel=self.name, setting=SETTING, url=url, clock=clock)
        self._secret = secret.encode()
        self._clock = clock

    def deliver(self, message: AlertMessage, *, deadline_seconds: float) -> Delivery:
        """See the port."""
        body = body_of(message)
        sent_at = int(self._clock.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "X-MCP-Timestamp": str(sent_at),
            "X-MCP-Signature": f"v1={signature(self._secret, sent_at, body)}",
        }
        return self._hook.send(body, headers, deadline_seconds=deadline_seconds)

    def status(self) -> SourceStatus:
        """See the port."""
        return self._hook.status()


def body_of(message: AlertMessage) -> bytes:
    """``{"version", "text", "alert"}``: a line for people, and every field of the message for programs."""
    alert = json.loads(message_to_json(message))
    body = {"version": VERSION, "text": tidy(one_line(message)), "alert": alert}
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()


def signature(secret: bytes, sent_at: int, body: bytes) -> str:
    """HMAC-SHA256 in hex over ``<seconds since 1970>.<body>``: neither can be changed without the secret."""
    return hmac.new(secret, f"{sent_at}.".encode() + body, sha256).hexdigest()
