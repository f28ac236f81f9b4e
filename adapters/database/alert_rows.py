"""From plans being stored to rows of the outbox, within the plans' transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.engine import Connection

from adapters.database.statements import insert_or_leave
from adapters.database.tables.alerts import ALERT_DELIVERIES, ALERT_SERIES, ALERTS
from domain.alerts.compose import addressed
from domain.alerts.message import AlertKind, AlertMessage, message_to_json
from domain.alerts.outbox import AlertRules, AlertState
from domain.alerts.restraint import AlertSeries, Verdict, rule
from domain.plans.records import PlanRecord

# A series nothing was told of yet: as old as can be, so that the first anomaly is told.
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How the alerts of plans are put into the outbox.

    Attributes:
        rules: How alerts are told.
        keeps_plans: Whether the plans themselves are kept, so that their alerts can name them.
    """

    rules: AlertRules
    keeps_plans: bool = True


def tell(
    connection: Connection, records: Sequence[PlanRecord], telling: Telling, now: Callable[[Connection], datetime]
) -> None:
    """Put the alerts of plans into the outbox; plans whose alert is there already are passed over."""
    concerned = _concerned(connection, records)
    if not concerned:
        return
    series = _locked_series(connection, sorted({key for key, _, _ in concerned}))
    moment = now(connection)
    entries: list[Entry] = []
    for key, record, message in concerned:
        series[key], entry = _tell_one(record, message, series[key], telling, moment)
        entries += [entry] if entry else []
    enqueue(connection, entries, moment)
    changed = [{"of_key": key, **_series_values(state)} for key, state in series.items()]
    connection.execute(update(ALERT_SERIES).where(ALERT_SERIES.c.dedup_key == bindparam("of_key")), changed)


_Concerned = tuple[str, PlanRecord, AlertMessage]


def _concerned(connection: Connection, records: Sequence[PlanRecord]) -> list[_Concerned]:
    """Anomalies, and plans that may end one, with their keys; without those whose alert is in the outbox already."""
    found = [
        (item.document.alert_key, item, item.document.message)
        for item in records
        if item.document.alert_key is not None and item.document.message is not None
    ]
    keys = sorted({key for key, _, _ in found})
    is_open = select(ALERT_SERIES.c.dedup_key).where(ALERT_SERIES.c.dedup_key.in_(keys), ALERT_SERIES.c.is_open)
    opened = set(connection.scalars(is_open)) if keys else set()
    opened |= {key for key, item, _ in found if item.document.is_anomaly}
    found = [item for item in found if item[0] in opened]
    if not found:
        return []
    told = set(connection.scalars(select(ALERTS.c.id).where(ALERTS.c.id.in_([item.plan_id for _, item, _ in found]))))
    # The same plan twice in one batch is one.
    first = {item.plan_id: (key, item, message) for key, item, message in reversed(found)}
    return [first[plan_id] for plan_id in dict.fromkeys(item.plan_id for _, item, _ in found) if plan_id not in told]


def _locked_series(connection: Connection, keys: list[str]) -> dict[str, AlertSeries]:
    """The series of the keys, kept from other writers until the transaction ends; those not there are begun."""
    begun = [
        {"dedup_key": key, "alert_id": "", "told_at": _NEVER, "suppressed": 0, "is_open": False, "first_hour": _NEVER}
        for key in keys
    ]
    connection.execute(insert_or_leave(connection, ALERT_SERIES), begun)
    rows = connection.execute(select(ALERT_SERIES).where(ALERT_SERIES.c.dedup_key.in_(keys)).with_for_update())
    return {row.dedup_key: _series(row) for row in rows}


def _tell_one(
    record: PlanRecord, message: AlertMessage, known: AlertSeries, telling: Telling, now: datetime
) -> tuple[AlertSeries, Entry | None]:
    document, rules = record.document, telling.rules
    ruling = rule(
        known, alert_id=record.plan_id, is_anomaly=document.is_anomaly, first_hour=document.first_hour, now=now,
        rules=rules,
    )  # fmt: skip
    after = ruling.series or known
    if ruling.verdict is Verdict.NOTHING:
        return after, None
    told = addressed(
        message, alert_id=record.plan_id, is_kept=telling.keeps_plans, created_at=record.generated_at,
        suppressed=ruling.suppressed,
    )  # fmt: skip
    if ruling.verdict is Verdict.SUPPRESS:
        return after, Entry(message=told, told_by=known.alert_id)
    return after, Entry(message=told, channels=rules.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An alert for the outbox: pending on every channel, or suppressed when there is none."""

    message: AlertMessage
    channels: Sequence[str] = ()
    told_by: str | None = None


def enqueue(connection: Connection, entries: Sequence[Entry], now: datetime) -> None:
    """Add alerts, in this order."""
    if entries:
        connection.execute(insert(ALERTS), [_alert_row(entry, now) for entry in entries])
    rows = [_delivery_row(entry, channel, now) for entry in entries for channel in entry.channels]
    if rows:
        connection.execute(insert(ALERT_DELIVERIES), rows)


def _alert_row(entry: Entry, now: datetime) -> dict[str, Any]:
    message = entry.message
    state = AlertState.PENDING if entry.channels else AlertState.SUPPRESSED
    return {
        "id": message.alert_id, "kind": message.kind.value, "state": state.value, "service_id": message.service_id,
        "score": message.score, "told_by": entry.told_by, "message": message_to_json(message), "created_at": now,
    }  # fmt: skip


def _delivery_row(entry: Entry, channel: str, now: datetime) -> dict[str, Any]:
    message = entry.message
    return {
        "alert_id": message.alert_id, "channel": channel, "service_id": message.service_id,
        "is_summary": message.kind is AlertKind.SUMMARY, "state": AlertState.PENDING.value, "created_at": now,
        "attempts": 0, "next_attempt_at": now, "written_at": now, "token": "", "last_detail": "",
    }  # fmt: skip


def _series(row: Row[Any]) -> AlertSeries:
    return AlertSeries(
        alert_id=row.alert_id, told_at=row.told_at, suppressed=row.suppressed, is_open=row.is_open,
        first_hour=row.first_hour,
    )  # fmt: skip


def _series_values(state: AlertSeries) -> dict[str, Any]:
    return {
        "alert_id": state.alert_id, "told_at": state.told_at, "suppressed": state.suppressed,
        "is_open": state.is_open, "first_hour": state.first_hour,
    }  # fmt: skip
