"""The table of metric history, added to and cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, delete, func, literal_column, select
from sqlalchemy.engine import Connection

from adapters.database.database import Database
from adapters.database.tables.history import NAME, history_table
from adapters.history.sql_upsert import upsert
from domain.ports.history_store import HistoryStore, SeriesCoverage
from domain.samples import SampleBatch

_HOUR: Final = {"mysql": "TIMESTAMPDIFF(HOUR, '1970-01-01', ts)", "sqlite": "substr(ts, 1, 13)"}


class SqlHistoryStore(HistoryStore):
    """One transaction a call, tried again after a deadlock or a lost connection: all of it may be done twice."""

    def __init__(self, database: Callable[[], Database], *, table: str = NAME) -> None:
        """Name the table; the database is opened when first needed.

        Args:
            database: Gives the database, or raises DatabaseUnavailable.
            table: Name of the table, a valid identifier; its key must be service, metric and time.
        """
        self._database = database
        self._table = history_table(table)

    def upsert(self, batch: SampleBatch) -> None:
        """See the port."""
        self._database().write(lambda connection: upsert(connection, self._table.name, batch))

    def service_ids(self) -> tuple[str, ...]:
        """See the port."""
        found = self._read(select(self._table.c.service_id).distinct())
        return tuple(sorted(row[0] for row in found))

    def coverage(self, service_id: str, *, before: datetime | None = None) -> tuple[SeriesCoverage, ...]:
        """See the port."""
        columns = self._table.c
        kind = "sqlite" if self._database().target.is_sqlite else "mysql"
        hour: ColumnElement[Any] = literal_column(_HOUR[kind])
        query = (
            select(
                columns.metric_name, func.count(), func.count(hour.distinct()), func.min(columns.ts),
                func.max(columns.ts),
            )
            .where(columns.service_id == service_id)
            .group_by(columns.metric_name)
        )  # fmt: skip
        rows = self._read(query if before is None else query.where(columns.ts < _ceiled(before)))
        found = [
            SeriesCoverage(
                service_id=service_id, metric_name=name, samples=samples, hours=hours, first=first, last=last
            )
            for name, samples, hours, first, last in rows
        ]
        return tuple(sorted(found, key=lambda series: series.metric_name))

    def delete_before(self, service_id: str, metric_name: str, moment: datetime, *, at_most: int) -> int:
        """See the port."""
        columns = self._table.c
        series = (columns.service_id == service_id) & (columns.metric_name == metric_name)
        old = series & (columns.ts < _ceiled(moment))

        def work(connection: Connection) -> int:
            # A bound first: SQLite's DELETE has no LIMIT, and a range of the key locks no more than it deletes.
            query = select(columns.ts).where(old).order_by(columns.ts)
            beyond = connection.scalar(query.limit(1).offset(at_most))
            within = old if beyond is None else series & (columns.ts < beyond)
            return connection.execute(delete(self._table).where(within)).rowcount

        return self._database().write(work)

    def _read(self, query: Select[Any]) -> Sequence[Any]:
        return self._database().read(lambda connection: connection.execute(query).all())


def _ceiled(moment: datetime) -> datetime:
    """The next whole second: the column holds no parts of one, and cutting them off would spare a sample too many."""
    whole = moment.astimezone(UTC).replace(microsecond=0)
    return whole if whole == moment else datetime.fromtimestamp(int(whole.timestamp()) + 1, tz=UTC)
