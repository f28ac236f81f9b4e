"""The outbox in the tables `alerts` and `alert_deliveries`.

Every time is compared so that a clock that was moved leaves nothing stuck: a row written in what is now the future is
due, and its lease is over.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.engine import Connection

from adapters.database.alert_fold import fold
from adapters.database.database import Database
from adapters.database.statements import present
from adapters.database.tables.alerts import ALERT_DELIVERIES, ALERTS, DETAIL_CHARACTERS
from domain.alerts.message import message_from_json
from domain.alerts.outbox import AlertRules, AlertState, LeasedAlert, OutboxStatus, Settlement, state_of
from domain.alerts.restraint import CLOCK_TOLERANCE, MINUTE
from domain.ports.alert_outbox import AlertOutbox

_ROW: Final = ALERT_DELIVERIES.c
_PENDING: Final = AlertState.PENDING.value


class SqlAlertOutbox(AlertOutbox):
    """The outbox in MySQL, MariaDB or SQLite; every process that delivers shares it.

    Args:
        database: Gives the database.
        rules: The rate of a channel.
        now: The present, asked within a transaction.
    """

    def __init__(
        self, database: Callable[[], Database], rules: AlertRules, now: Callable[[Connection], datetime] = present
    ) -> None:
        self._database = database
        self._rules = rules
        self._now = now

    def lease(self, channel: str, *, lease_seconds: float) -> LeasedAlert | None:
        """See the port."""
        # Most looks find nothing: they take no lock and keep no writer waiting.
        if not self._database().read(lambda connection: connection.scalar(_any_pending(channel))):
            return None
        return self._database().write(lambda connection: self._lease(connection, channel, lease_seconds))

    def _lease(self, connection: Connection, channel: str, lease_seconds: float) -> LeasedAlert | None:
        now = self._now(connection)
        is_used_up = self._is_used_up(connection, channel, now)
        if is_used_up:
            fold(connection, channel, now, most_left=self._rules.rate_per_minute)
        row = connection.execute(_next_due(channel, now, only_begun=is_used_up)).first()
        if row is None:
            return None
        token = os.urandom(8).hex()
        until = now + timedelta(seconds=lease_seconds)
        connection.execute(
            update(ALERT_DELIVERIES)
            .where(_ROW.id == row.id)
            .values(
                token=token,
                leased_until=until,
                written_at=now,
                first_leased_at=func.coalesce(_ROW.first_leased_at, now),
            )
        )
        message = connection.execute(select(ALERTS.c.message).where(ALERTS.c.id == row.alert_id)).scalar_one()
        return LeasedAlert(
            delivery_id=row.id, channel=channel, message=message_from_json(message), attempts=row.attempts,
            age_seconds=max(0.0, (now - row.created_at).total_seconds()), token=token,
        )  # fmt: skip

    def _is_used_up(self, connection: Connection, channel: str, now: datetime) -> bool:
        taken = select(func.count()).where(
            _ROW.channel == channel,
            _ROW.first_leased_at > now - MINUTE,
            _ROW.first_leased_at <= now + CLOCK_TOLERANCE,
            ~_ROW.is_summary,
        )
        return connection.execute(taken).scalar_one() >= self._rules.rate_per_minute

    def settle(self, leased: LeasedAlert, settlement: Settlement) -> bool:
        """See the port."""
        return self._database().write(lambda connection: self._settle(connection, leased, settlement))

    def _settle(self, connection: Connection, leased: LeasedAlert, settlement: Settlement) -> bool:
        alert_id = leased.message.alert_id
        # Channels of one alert are settled one after the other, so that its state is told from all of them.
        connection.execute(select(ALERTS.c.id).where(ALERTS.c.id == alert_id).with_for_update())
        now = self._now(connection)
        noted = connection.execute(
            update(ALERT_DELIVERIES)
            .where(_ROW.id == leased.delivery_id, _ROW.token == leased.token, _ROW.state == _PENDING)
            .values(_settled(settlement, now))
        )
        if noted.rowcount != 1:
            return False
        settle_alert(connection, alert_id)
        return True

    def status(self) -> OutboxStatus:
        """See the port."""
        return self._database().read(self._status)

    def _status(self, connection: Connection) -> OutboxStatus:
        states = connection.execute(select(ALERTS.c.state, func.count()).group_by(ALERTS.c.state)).all()
        waiting = connection.execute(
            select(_ROW.channel, func.count(), func.min(_ROW.created_at))
            .where(_ROW.state == _PENDING)
            .group_by(_ROW.channel)
        ).all()
        oldest = min((row[2] for row in waiting), default=None)
        age = 0.0 if oldest is None else max(0.0, (self._now(connection) - oldest).total_seconds())
        return OutboxStatus(
            states={AlertState(state): count for state, count in states},
            pending={channel: count for channel, count, _ in waiting},
            oldest_seconds=age,
        )


def settle_alert(connection: Connection, alert_id: str) -> None:
    """Tell an alert's state from its channels'."""
    found = connection.scalars(select(_ROW.state).where(_ROW.alert_id == alert_id).with_for_update())
    state = state_of([AlertState(text) for text in found])
    connection.execute(update(ALERTS).where(ALERTS.c.id == alert_id).values(state=state.value))


def _any_pending(channel: str) -> Select[Any]:
    return select(_ROW.id).where(_ROW.channel == channel, _ROW.state == _PENDING).limit(1)


def is_free(now: datetime) -> ColumnElement[bool]:
    """Nobody holds a lease on the row."""
    return or_(_ROW.leased_until.is_(None), _ROW.leased_until <= now, _ROW.written_at > now + CLOCK_TOLERANCE)


def _next_due(channel: str, now: datetime, *, only_begun: bool) -> Select[Any]:
    """The first row due whose service has no earlier one pending; others' rows are passed over, not waited for."""
    earlier = ALERT_DELIVERIES.alias("earlier")
    is_behind = exists().where(
        earlier.c.channel == channel,
        earlier.c.service_id == _ROW.service_id,
        earlier.c.state == _PENDING,
        earlier.c.id < _ROW.id,
    )
    is_due = or_(_ROW.next_attempt_at <= now, _ROW.written_at > now + CLOCK_TOLERANCE)
    wanted = select(_ROW.id, _ROW.alert_id, _ROW.attempts, _ROW.created_at).where(
        and_(_ROW.channel == channel, _ROW.state == _PENDING, is_due, is_free(now), ~is_behind)
    )
    if only_begun:
        wanted = wanted.where(or_(_ROW.first_leased_at.is_not(None), _ROW.is_summary))
    return wanted.order_by(_ROW.id).limit(1).with_for_update(skip_locked=True)


def _settled(settlement: Settlement, now: datetime) -> dict[str, Any]:
    return {
        "state": settlement.state.value, "attempts": _ROW.attempts + 1, "written_at": now, "last_attempt_at": now,
        "next_attempt_at": now + timedelta(seconds=settlement.retry_in_seconds), "leased_until": None, "token": "",
        "sent_at": now if settlement.state is AlertState.SENT else None, "last_status": settlement.status,
        "last_detail": settlement.detail[:DETAIL_CHARACTERS],
    }  # fmt: skip
