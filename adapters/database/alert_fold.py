"""A storm becomes one summary: what waits beyond a channel's rate is told in one message."""

from __future__ import annotations

import os
from datetime import datetime

from sqlalchemy import exists, func, or_, select, update
from sqlalchemy.engine import Connection

from adapters.database.alert_rows import Entry, enqueue
from adapters.database.tables.alerts import ALERT_DELIVERIES, ALERTS
from domain.alerts.compose import summary_of
from domain.alerts.message import message_from_json
from domain.alerts.outbox import AlertState
from domain.alerts.restraint import CLOCK_TOLERANCE
from domain.plans.ids import RANDOM_BYTES, time_ordered_id

_ROW = ALERT_DELIVERIES.c
_NAMED = 3


def fold(connection: Connection, channel: str, now: datetime, *, most_left: int) -> None:
    """Suppress what was never tried on a channel in favour of a summary, when it is more than ``most_left``."""
    is_free = or_(_ROW.leased_until.is_(None), _ROW.leased_until <= now, _ROW.written_at > now + CLOCK_TOLERANCE)
    never_tried = (
        _ROW.channel == channel, _ROW.state == AlertState.PENDING.value, _ROW.first_leased_at.is_(None),
        ~_ROW.is_summary, is_free,
    )  # fmt: skip
    waiting = connection.scalars(
        select(_ROW.id).where(*never_tried).order_by(_ROW.id).with_for_update(skip_locked=True)
    ).all()
    if len(waiting) <= most_left:
        return
    summary_id = time_ordered_id(now, os.urandom(RANDOM_BYTES))
    values = {"state": AlertState.SUPPRESSED.value, "told_by": summary_id, "written_at": now}
    connection.execute(update(ALERT_DELIVERIES).where(*never_tried, _ROW.id <= waiting[-1]).values(values))
    _suppress_alerts(connection, channel, summary_id)
    _tell_summary(connection, channel, summary_id, now)


def _suppress_alerts(connection: Connection, channel: str, summary_id: str) -> None:
    folded = select(_ROW.alert_id).where(
        _ROW.channel == channel, _ROW.state == AlertState.SUPPRESSED.value, _ROW.told_by == summary_id
    )
    alert = ALERTS.c
    connection.execute(update(ALERTS).where(alert.id.in_(folded)).values(told_by=summary_id))
    is_told = exists().where(_ROW.alert_id == alert.id, _ROW.state != AlertState.SUPPRESSED.value)
    connection.execute(
        update(ALERTS).where(alert.told_by == summary_id, alert.id.in_(folded), ~is_told).values(
            state=AlertState.SUPPRESSED.value
        )
    )  # fmt: skip


def _tell_summary(connection: Connection, channel: str, summary_id: str, now: datetime) -> None:
    folded = ALERT_DELIVERIES.join(ALERTS, ALERTS.c.id == _ROW.alert_id)
    is_folded = (
        _ROW.channel == channel, _ROW.state == AlertState.SUPPRESSED.value, _ROW.told_by == summary_id
    )  # fmt: skip
    counted = select(func.count(), func.count(_ROW.service_id.distinct())).select_from(folded).where(*is_folded)
    count, services = connection.execute(counted).one()
    worst = (
        select(ALERTS.c.message)
        .select_from(folded)
        .where(*is_folded)
        .order_by(func.coalesce(ALERTS.c.score, 0.0).desc(), ALERTS.c.id)
        .limit(_NAMED)
    )
    messages = [message_from_json(text) for text in connection.scalars(worst)]
    message = summary_of(messages, alert_id=summary_id, count=count, services=services, now=now)
    enqueue(connection, [Entry(message=message, channels=(channel,))], now)
