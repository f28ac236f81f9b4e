"""The outbox of alerts: what is in it, and what is done with it next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.alerts.delivery import Delivery, Outcome
from domain.alerts.message import AlertKind, AlertMessage

# Waits between attempts double from the first to the longest; a channel's own Retry-After is honoured up to an hour.
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 300.0
LONGEST_RETRY_AFTER_SECONDS = 3600.0
# Age alone gives nothing up: a clock that was put forward makes every alert old at once.
LEAST_ATTEMPTS = 20


class AlertState(StrEnum):
    """Where an alert, or its delivery over one channel, stands.

    PENDING: to be delivered. SENT: the channel has it. FAILED: given up, ``alerts retry`` takes it up again.
    SUPPRESSED: a duplicate, or told in a summary instead.
    """

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRules:
    """How alerts are told.

    Attributes:
        channels: Names of the notifiers each alert goes to.
        dedup_ttl_seconds: A second alert of the same service, metric, model and time slot within this time is a
            duplicate.
        tells_recovery: Whether the end of an anomaly is told.
        rate_per_minute: Alerts a channel is sent in a minute; what is more than that is told in a summary.
    """

    channels: tuple[str, ...]
    dedup_ttl_seconds: float = 600.0
    tells_recovery: bool = True
    rate_per_minute: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedAlert:
    """An alert that one dispatcher may deliver over one channel until its lease ends.

    Attributes:
        delivery_id: Of the alert and the channel together; ascending in the order of the outbox.
        channel: Name of the notifier.
        message: What to tell.
        attempts: How often it was tried before.
        age_seconds: Time since the alert was put into the outbox.
        token: Proves the lease when it is settled.
    """

    delivery_id: int
    channel: str
    message: AlertMessage
    attempts: int
    age_seconds: float
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What becomes of a leased alert after an attempt.

    Attributes:
        state: Where it stands now.
        retry_in_seconds: When to try again, counted from the settlement; 0 unless it is pending.
        status: HTTP status of the attempt, if there was one.
        detail: What happened, for an operator.
    """

    state: AlertState
    retry_in_seconds: float
    status: int | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEntry:
    """One channel of an alert as a list shows it."""

    channel: str
    state: AlertState
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    sent_at: datetime | None
    last_status: int | None
    last_detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEntry:
    """An alert as a list shows it.

    Attributes:
        state: Pending while any channel is; then failed when any failed; sent when a channel has it.
        told_by: The alert that stands for this one, when it is suppressed.
        message: What is told.
        deliveries: One per channel; none for a duplicate.
    """

    alert_id: str
    kind: AlertKind
    state: AlertState
    created_at: datetime
    told_by: str | None
    message: AlertMessage
    deliveries: tuple[DeliveryEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertQuery:
    """Which alerts, newest first; None means any.

    Attributes:
        state: Where they stand.
        service_id: The service.
        owner_id: Whose kept plan they tell of; summaries tell of everybody's.
        before_id: The last one of the page before.
        limit: At most so many.
    """

    state: AlertState | None = None
    service_id: str | None = None
    owner_id: str | None = None
    before_id: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStatus:
    """How full the outbox is.

    Attributes:
        states: State → alerts in it.
        pending: Channel → deliveries still to be made.
        oldest_seconds: Age of the oldest of them; 0 when there is none.
    """

    states: Mapping[AlertState, int]
    pending: Mapping[str, int]
    oldest_seconds: float

    @property
    def depth(self) -> int:
        """Deliveries still to be made, over all channels."""
        return sum(self.pending.values())


def retry_seconds(attempts: int, jitter: float) -> float:
    """Wait after a failed attempt: doubling, bounded, and spread so that many do not come back at once.

    Args:
        attempts: Attempts made so far, at least 1.
        jitter: 0 to 1, drawn anew each time; the wait lies between half and the whole of its length.
    """
    whole = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** min(attempts - 1, 32))
    return whole * (0.5 + 0.5 * jitter)


def settle(
    delivery: Delivery, *, attempts: int, age_seconds: float, give_up_seconds: float, jitter: float
) -> Settlement:
    """What an attempt's answer means for the alert.

    Args:
        delivery: The answer.
        attempts: Attempts made, this one included.
        age_seconds: Time since the alert was put into the outbox.
        give_up_seconds: Age from which on it is not tried again, after ``LEAST_ATTEMPTS`` at least.
        jitter: See ``retry_seconds``.
    """
    if delivery.outcome is Outcome.DELIVERED:
        return _final(AlertState.SENT, delivery, delivery.detail)
    if delivery.outcome is Outcome.REFUSED:
        return _final(AlertState.FAILED, delivery, delivery.detail)
    if age_seconds >= give_up_seconds and attempts >= LEAST_ATTEMPTS:
        detail = f"given up after {attempts} attempts in {age_seconds:.0f} s: {delivery.detail}"
        return _final(AlertState.FAILED, delivery, detail)
    # A channel that takes nothing until someone acts is asked as seldom as can be; a restart asks it at once.
    wait = LONGEST_RETRY_SECONDS if delivery.outcome is Outcome.DISABLED else retry_seconds(attempts, jitter)
    asked = min(delivery.retry_after_seconds or 0.0, LONGEST_RETRY_AFTER_SECONDS)
    return Settlement(
        state=AlertState.PENDING,
        retry_in_seconds=asked or wait,
        status=delivery.status,
        detail=delivery.detail,
    )


def _final(state: AlertState, delivery: Delivery, detail: str) -> Settlement:
    return Settlement(state=state, retry_in_seconds=0.0, status=delivery.status, detail=detail)


def state_of(deliveries: list[AlertState]) -> AlertState:
    """Where an alert stands, from where its channels stand."""
    for state in (AlertState.PENDING, AlertState.FAILED, AlertState.SENT):
        if state in deliveries:
            return state
    return AlertState.SUPPRESSED
