"""Plans in the tables `plans` and `plan_documents`, their alerts in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Select, delete, exists, select
from sqlalchemy.engine import Connection

from adapters.database.alert_rows import Telling, tell
from adapters.database.database import Database
from adapters.database.statements import insert_or_leave, present
from adapters.database.tables.accounts import SHARES
from adapters.database.tables.alerts import ALERT_SERIES, ALERTS
from adapters.database.tables.plans import PLAN_DOCUMENTS, PLANS
from domain.alerts.outbox import AlertRules, AlertState
from domain.identity.sharing import Shared
from domain.plans.ids import lowest_id
from domain.plans.records import PlanKind, PlanQuery, PlanRecord, PlanSummary, StoredPlan
from domain.ports.plan_store import PlanStore

_AT_ONCE: Final = 500
_COLUMNS: Final = tuple(column for column in PLANS.columns if column.name != "request")


class SqlPlanStore(PlanStore):
    """Plans in MySQL, MariaDB or SQLite.

    Args:
        database: Gives the database; asked at each use, so that one that is away at the start is asked again.
        telling: How the alerts of plans are told.
        now: The present, asked within a transaction.
    """

    def __init__(
        self, database: Callable[[], Database], telling: Telling, now: Callable[[Connection], datetime] = present
    ) -> None:
        self._database = database
        self._telling = telling
        self._now = now

    def save(self, records: Sequence[PlanRecord]) -> None:
        """See the port."""
        if records:
            self._database().write(lambda connection: self._save(connection, records))

    def _save(self, connection: Connection, records: Sequence[PlanRecord]) -> None:
        if self._telling.keeps_plans:
            self._keep(connection, records)
        tell(connection, records, self._telling, self._now)

    def _keep(self, connection: Connection, records: Sequence[PlanRecord]) -> None:
        bodies = {record.document.digest: record.document.body for record in records}
        known = set(
            connection.scalars(select(PLAN_DOCUMENTS.c.digest).where(PLAN_DOCUMENTS.c.digest.in_(sorted(bodies))))
        )
        fresh = [{"digest": key, "body": bodies[key]} for key in sorted(bodies) if key not in known]
        if fresh:
            connection.execute(insert_or_leave(connection, PLAN_DOCUMENTS), fresh)
        connection.execute(insert_or_leave(connection, PLANS), [_row(record) for record in records])

    def find(self, plan_id: str, owner_id: str | None = None) -> StoredPlan | None:
        """See the port."""
        wanted = (
            select(*_COLUMNS, PLANS.c.request, PLAN_DOCUMENTS.c.body)
            .join(PLAN_DOCUMENTS, PLAN_DOCUMENTS.c.digest == PLANS.c.digest)
            .where(PLANS.c.id == plan_id)
        )
        if owner_id is not None:
            wanted = wanted.where(PLANS.c.owner_id == owner_id)
        row = self._database().read(lambda connection: connection.execute(wanted).one_or_none())
        if row is None:
            return None
        return StoredPlan(
            summary=_summary(row), request=msgspec.json.decode(row.request), document=msgspec.json.decode(row.body)
        )

    def page(self, query: PlanQuery) -> Sequence[PlanSummary]:
        """See the port."""
        wanted = _filtered(select(*_COLUMNS), query).order_by(PLANS.c.id.desc()).limit(query.limit)
        rows = self._database().read(lambda connection: connection.execute(wanted).all())
        return [_summary(row) for row in rows]

    def prune(self, before: datetime, limit: int) -> int:
        """See the port."""
        forgotten = 0
        while forgotten < limit:
            most = min(_AT_ONCE, limit - forgotten)
            count = self._database().write(lambda connection: _forget(connection, lowest_id(before), most))  # noqa: B023
            forgotten += count
            if count < most:
                break
        while self._database().write(lambda connection: _forget_alerts(connection, before, _AT_ONCE)) == _AT_ONCE:
            pass
        return forgotten


def make_plan_store(database: Callable[[], Database], rules: AlertRules, *, keeps_plans: bool) -> SqlPlanStore:
    """The store over a database that is asked for at each use."""
    return SqlPlanStore(database, Telling(rules=rules, keeps_plans=keeps_plans))


def _row(record: PlanRecord) -> dict[str, Any]:
    document = record.document
    return {
        "id": record.plan_id, "owner_id": record.owner_id, "kind": document.kind.value,
        "service_id": document.service_id,
        "metric_name": document.metric_name, "model_version": document.model_version,
        "generated_at": record.generated_at, "first_hour": document.first_hour,
        "recommended_flavor": document.recommended_flavor, "cost_usd_per_day": document.cost_usd_per_day,
        "is_anomaly": document.is_anomaly, "request": record.request, "digest": document.digest,
    }  # fmt: skip


def _summary(row: Any) -> PlanSummary:
    return PlanSummary(
        plan_id=row.id, owner_id=row.owner_id, kind=PlanKind(row.kind), service_id=row.service_id,
        metric_name=row.metric_name,
        model_version=row.model_version, generated_at=row.generated_at, first_hour=row.first_hour,
        recommended_flavor=row.recommended_flavor, cost_usd_per_day=row.cost_usd_per_day,
        is_anomaly=row.is_anomaly, digest=row.digest,
    )  # fmt: skip


def _filtered(wanted: Select[Any], query: PlanQuery) -> Select[Any]:
    """The id holds the millisecond the plan was made in, so that times are bounds on the key."""
    columns = PLANS.c
    for column, value in (
        (columns.service_id, query.service_id),
        (columns.metric_name, query.metric_name),
        (columns.owner_id, query.owner_id),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if query.ids is not None:
        wanted = wanted.where(columns.id.in_(sorted(query.ids)))
    if query.since is not None:
        wanted = wanted.where(columns.id >= lowest_id(query.since))
    if query.until is not None:
        wanted = wanted.where(columns.id < lowest_id(query.until))
    if query.before_id is not None:
        wanted = wanted.where(columns.id < query.before_id)
    return wanted


def _forget(connection: Connection, below: str, limit: int) -> int:
    old = select(PLANS.c.id, PLANS.c.digest).where(PLANS.c.id < below).order_by(PLANS.c.id).limit(limit)
    rows = connection.execute(old).all()
    if rows:
        ids = [row.id for row in rows]
        connection.execute(delete(PLANS).where(PLANS.c.id.in_(ids)))
        connection.execute(delete(SHARES).where(SHARES.c.kind == Shared.PLAN.value, SHARES.c.subject.in_(ids)))
        digests = sorted({row.digest for row in rows})
        is_used = exists().where(PLANS.c.digest == PLAN_DOCUMENTS.c.digest)
        connection.execute(delete(PLAN_DOCUMENTS).where(PLAN_DOCUMENTS.c.digest.in_(digests), ~is_used))
    return len(rows)


def _forget_alerts(connection: Connection, before: datetime, limit: int) -> int:
    is_done = ALERTS.c.state != AlertState.PENDING.value
    old = select(ALERTS.c.id).where(ALERTS.c.id < lowest_id(before), is_done).order_by(ALERTS.c.id).limit(limit)
    ids = connection.scalars(old).all()
    if ids:
        connection.execute(delete(ALERTS).where(ALERTS.c.id.in_(ids)))
    connection.execute(delete(ALERT_SERIES).where(ALERT_SERIES.c.told_at < before))
    return len(ids)
