"""From what a channel answered to what the dispatcher has to do."""

from __future__ import annotations

import json
import math
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from adapters.notifiers.http_post import Answer
from domain.alerts.delivery import Delivery, Outcome
from domain.ports.clock import Clock

_DISABLING = frozenset({401, 403, 404, 410})
_TRY_AGAIN = frozenset({408, 425, 429})
# A channel may ask for patience, not for silence.
MOST_WAIT_SECONDS = 86_400.0


def delivery_of(answer: Answer, clock: Clock) -> Delivery:
    """Read the status first, then what the channel says of waiting (header and JSON, the longer of them)."""
    status = answer.status
    if 200 <= status < 300:
        return Delivery(outcome=Outcome.DELIVERED, status=status, detail=f"taken ({_named(status)})")
    if status in _TRY_AGAIN or status >= 500:
        said = _json_object(answer.body)
        return Delivery(
            outcome=Outcome.RETRY,
            status=status,
            detail=f"not taken now ({_named(status)})",
            retry_after_seconds=_wait(answer, said, clock),
            is_global=said.get("global") is True or answer.headers.get("x-ratelimit-global", "").lower() == "true",
        )
    if status in _DISABLING:
        text = f"the address is not accepted ({_named(status)}): correct it and restart"
        return Delivery(outcome=Outcome.DISABLED, status=status, detail=text)
    if 300 <= status < 400:
        text = f"answered with a redirect ({_named(status)}), which is not followed: set the address it leads to"
        return Delivery(outcome=Outcome.REFUSED, status=status, detail=text)
    return Delivery(outcome=Outcome.REFUSED, status=status, detail=f"the message was refused ({_named(status)})")


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _json_object(body: bytes) -> dict[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _wait(answer: Answer, said: dict[str, object], clock: Clock) -> float | None:
    """Seconds; both Discord's header and its JSON count in seconds since version 8 of its interface."""
    raw = said.get("retry_after")
    in_body = float(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) and raw < 1e18 else None
    waits = [
        seconds
        for seconds in (_header_seconds(answer.headers.get("retry-after", ""), clock), in_body)
        if seconds is not None and math.isfinite(seconds) and seconds >= 0
    ]
    return min(max(waits), MOST_WAIT_SECONDS) if waits else None


def _header_seconds(raw: str, clock: Clock) -> float | None:
    """Seconds, or until the HTTP date given (RFC 9110, 10.2.3)."""
    try:
        return float(raw)
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(raw)
        return max(0.0, (until - clock.now()).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
