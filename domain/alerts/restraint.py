"""Not a nuisance: duplicates are not told, the end of an anomaly once, and a storm as a summary.

Times are compared so that a clock that was moved neither silences alerts nor repeats them for long: a time that lies
ahead of the present was written by a clock that has since been put back, and counts as long past.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain.alerts.message import AlertMessage
from domain.alerts.outbox import AlertRules

# Alerts taken within the last minute count against a channel's rate.
MINUTE = timedelta(minutes=1)
# Clocks that are kept in step are steered by less than this.
CLOCK_TOLERANCE = timedelta(seconds=5)


class Verdict(StrEnum):
    """What is done with a plan's message."""

    TELL = "tell"
    SUPPRESS = "suppress"
    RECOVER = "recover"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSeries:
    """What was last told of one service, metric, model and time slot.

    Attributes:
        alert_id: The alert told last.
        told_at: When.
        suppressed: Duplicates since then.
        is_open: Whether its end is still to be told.
        first_hour: First forecast hour of the plan it was told of.
    """

    alert_id: str
    told_at: datetime
    suppressed: int
    is_open: bool
    first_hour: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A verdict, the series as it is afterwards, and how many duplicates the message stands for."""

    verdict: Verdict
    series: AlertSeries | None
    suppressed: int = 0


def dedup_key(message: AlertMessage) -> str:
    """One text per service, metric, model and time slot; of fixed length, whatever the names hold."""
    named = [message.service_id, message.metric_name, message.model_version, message.time_slot]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def elapsed(then: datetime, now: datetime) -> timedelta:
    """Time since ``then``; as long as can be when ``then`` lies ahead, because the clock was put back."""
    return timedelta.max if then > now + CLOCK_TOLERANCE else max(now - then, timedelta())


def rule(
    known: AlertSeries | None,
    *,
    alert_id: str,
    is_anomaly: bool,
    first_hour: datetime,
    now: datetime,
    rules: AlertRules,
) -> Ruling:
    """Whether a plan's message is told.

    Args:
        known: What was last told of the same service, metric, model and time slot.
        alert_id: Id of the message.
        is_anomaly: Whether the plan's day is an anomaly.
        first_hour: The plan's first forecast hour. A plan of an earlier time, a replay, ends no anomaly.
        now: The present.
        rules: Dedup time, and whether recovery is told.
    """
    if not is_anomaly:
        if known is None or not known.is_open or first_hour < known.first_hour:
            return Ruling(verdict=Verdict.NOTHING, series=known)
        closed = replace(known, is_open=False, suppressed=0)
        verdict = Verdict.RECOVER if rules.tells_recovery else Verdict.NOTHING
        return Ruling(verdict=verdict, series=closed, suppressed=known.suppressed)
    if known is not None and elapsed(known.told_at, now) < timedelta(seconds=rules.dedup_ttl_seconds):
        return Ruling(verdict=Verdict.SUPPRESS, series=replace(known, suppressed=known.suppressed + 1))
    told = AlertSeries(alert_id=alert_id, told_at=now, suppressed=0, is_open=True, first_hour=first_hour)
    return Ruling(verdict=Verdict.TELL, series=told, suppressed=known.suppressed if known else 0)
