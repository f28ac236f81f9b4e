"""Every alert there was, for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, select, update
from sqlalchemy.engine import Connection

from adapters.database.alert_outbox import settle_alert
from adapters.database.database import Database
from adapters.database.statements import present
from adapters.database.tables.alerts import ALERT_DELIVERIES, ALERTS
from adapters.database.tables.plans import PLANS
from domain.alerts.message import AlertKind, message_from_json
from domain.alerts.outbox import AlertEntry, AlertQuery, AlertState, DeliveryEntry
from domain.ports.alert_outbox import AlertLog

_ROW = ALERT_DELIVERIES.c


class SqlAlertLog(AlertLog):
    """Alerts in MySQL, MariaDB or SQLite.

    Args:
        database: Gives the database.
        now: The present, asked within a transaction.
    """

    def __init__(self, database: Callable[[], Database], now: Callable[[Connection], datetime] = present) -> None:
        self._database = database
        self._now = now

    def alerts(self, query: AlertQuery) -> Sequence[AlertEntry]:
        """See the port."""
        return self._database().read(lambda connection: _entries(connection, query))

    def retry(self, alert_ids: Sequence[str] | None = None) -> int:
        """See the port."""
        return self._database().write(lambda connection: self._retry(connection, alert_ids))

    def _retry(self, connection: Connection, alert_ids: Sequence[str] | None) -> int:
        failed = select(_ROW.alert_id).where(_ROW.state == AlertState.FAILED.value).distinct()
        if alert_ids is not None:
            failed = failed.where(_ROW.alert_id.in_(alert_ids))
        found = list(connection.scalars(failed))
        now = self._now(connection)
        for alert_id in found:
            connection.execute(
                update(ALERT_DELIVERIES)
                .where(_ROW.alert_id == alert_id, _ROW.state == AlertState.FAILED.value)
                .values(state=AlertState.PENDING.value, attempts=0, next_attempt_at=now, written_at=now)
            )
            settle_alert(connection, alert_id)
        return len(found)


def _entries(connection: Connection, query: AlertQuery) -> list[AlertEntry]:
    wanted = select(ALERTS).order_by(ALERTS.c.id.desc()).limit(query.limit)
    if query.state is not None:
        wanted = wanted.where(ALERTS.c.state == query.state.value)
    if query.service_id is not None:
        wanted = wanted.where(ALERTS.c.service_id == query.service_id)
    if query.owner_id is not None:
        own = exists().where(PLANS.c.id == ALERTS.c.id, PLANS.c.owner_id == query.owner_id)
        wanted = wanted.where(own)
    if query.before_id is not None:
        wanted = wanted.where(ALERTS.c.id < query.before_id)
    rows = connection.execute(wanted).all()
    ids = [row.id for row in rows]
    deliveries: dict[str, list[DeliveryEntry]] = defaultdict(list)
    for row in connection.execute(select(ALERT_DELIVERIES).where(_ROW.alert_id.in_(ids)).order_by(_ROW.id)):
        deliveries[row.alert_id].append(_delivery(row))
    return [_entry(row, deliveries[row.id]) for row in rows]


def _entry(row: Row[Any], deliveries: list[DeliveryEntry]) -> AlertEntry:
    return AlertEntry(
        alert_id=row.id, kind=AlertKind(row.kind), state=AlertState(row.state), created_at=row.created_at,
        told_by=row.told_by, message=message_from_json(row.message), deliveries=tuple(deliveries),
    )  # fmt: skip


def _delivery(row: Row[Any]) -> DeliveryEntry:
    state = AlertState(row.state)
    return DeliveryEntry(
        channel=row.channel, state=state, attempts=row.attempts,
        next_attempt_at=row.next_attempt_at if state is AlertState.PENDING else None,
        last_attempt_at=row.last_attempt_at, sent_at=row.sent_at, last_status=row.last_status,
        last_detail=row.last_detail,
    )  # fmt: skip
