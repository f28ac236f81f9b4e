"""What became of one attempt to deliver an alert."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What the dispatcher has to do next.

    ``DELIVERED``: nothing, the channel has it. ``RETRY``: try again later. ``REFUSED``: this message will never be
    taken, others may. ``DISABLED``: the channel takes nothing any more until an operator acts.
    """

    DELIVERED = "delivered"
    RETRY = "retry"
    REFUSED = "refused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The answer to one attempt.

    Attributes:
        outcome: What to do next.
        status: HTTP status where there was an answer over HTTP, else None.
        detail: What happened, in words for an operator; never an address, a secret or a driver's text.
        retry_after_seconds: Not before so many seconds, when the channel said so; None leaves it to the caller.
        is_global: The wait counts for everything sent to the channel's host, not for this hook alone.
    """

    outcome: Outcome
    status: int | None
    detail: str
    retry_after_seconds: float | None = None
    is_global: bool = False
