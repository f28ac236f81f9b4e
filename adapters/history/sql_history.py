"""Metric history from a table of MySQL, MariaDB or SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.engine import Connection

from adapters.database.database import Database
from adapters.database.tables.history import NAME, NAME_CHARACTERS, history_table
from adapters.history.sql_scan import scan
from domain.errors import DataSourceUnavailable
from domain.history_digest import digest_window
from domain.metrics import bases_of_companion
from domain.ports.metric_history import HistoryScope, HistoryWindow, MetricHistory, SourceStatus
from domain.series import HOUR, HOUR_SECONDS, HourlyAggregate, LoadSeries, aggregate_columns

_MOMENT: Final = "%Y-%m-%d %H:%M:%S"
_Aggregates = dict[str, HourlyAggregate]


class SqlMetricHistory(MetricHistory):
    """Reads each window in one statement; nothing is remembered, so that a new row counts at once."""

    def __init__(self, database: Callable[[], Database], *, table: str = NAME) -> None:
        """Name the table; the database is opened when first needed.

        Args:
            database: Gives the database, or raises DatabaseUnavailable.
            table: Name of the table, a valid identifier.
        """
        self._database = database
        self._table = history_table(table)

    def window(self, service_id: str, metric_names: Sequence[str], *, end: datetime, hours: int) -> HistoryWindow:
        """See the port."""
        _refuse_part_hours(end, hours)
        wanted = dict.fromkeys(name for asked in metric_names for name in (asked, *bases_of_companion(asked)))
        names = [name for name in wanted if _may_be_stored(name)]
        found, unusable = self._read(service_id, names, end, hours) if names and _may_be_stored(service_id) else ({}, 0)
        cuts = {name: _cut(found, name, hours) for name in metric_names}
        series = {name: cut for name, cut in cuts.items() if cut is not None}
        scope = HistoryScope.SERVICE
        notes = (f"{unusable} samples of {service_id} have no finite value: left out",) if unusable else ()
        return HistoryWindow(series=series, scope=scope, digest=digest_window(series, scope), notes=notes)

    def services(self) -> Mapping[str, tuple[str, ...]]:
        """See the port."""
        columns = self._table.c
        pairs = self._database().read(
            lambda connection: connection.execute(select(columns.service_id, columns.metric_name).distinct()).all()
        )
        listed: dict[str, list[str]] = {}
        # Sorted here: a database sorts by its collation, which may be another one in an operator's own table.
        for service_id, metric_name in sorted(tuple(pair) for pair in pairs):
            listed.setdefault(service_id, []).append(metric_name)
        return {service_id: tuple(metrics) for service_id, metrics in listed.items()}

    def status(self) -> SourceStatus:
        """See the port."""
        try:
            row = self._database().read(lambda connection: connection.execute(select(self._table).limit(1)).first())
        except DataSourceUnavailable as error:
            return SourceStatus(state="down", reason=error.message)
        name = self._table.name
        empty = f"table {name} is empty: `mcp-core history import` or POST /history fills it"
        return SourceStatus(state="ok", detail=(f"table {name}" if row else empty,))

    def _read(self, service_id: str, names: Sequence[str], end: datetime, hours: int) -> tuple[_Aggregates, int]:
        """Hourly means and maxima by metric, and how many samples had no finite value."""
        parameters = {"service": service_id, "end": end.astimezone(UTC).strftime(_MOMENT)}
        parameters |= {f"m{number}": name for number, name in enumerate(names)}

        def read(connection: Connection) -> Sequence[Iterable[float]]:
            statement = scan(connection.dialect, self._table.name, len(names), hours)
            return connection.execute(statement, parameters).all()

        rows = self._database().read(read)
        if not rows:
            return {}, 0
        table = np.array([tuple(row) for row in rows], dtype=np.float64)
        usable = np.isfinite(table).all(axis=1)
        metric, seconds, values = table[usable].T
        found = {}
        for number, name in enumerate(names):
            mine = metric == number
            if mine.any():
                found[name] = aggregate_columns(seconds[mine], values[mine])
        return found, int(np.count_nonzero(~usable))


def _cut(found: _Aggregates, name: str, hours: int) -> LoadSeries | None:
    """The newest hours of a metric, or of the maxima that its sub-hourly base has."""
    if name in found:
        return _newest(found[name].mean, hours)
    for base in bases_of_companion(name):
        if base in found and found[base].sub_hourly:
            return _newest(found[base].maximum, hours)
    return None


def _newest(series: LoadSeries, hours: int) -> LoadSeries:
    """The newest hours, without a filled gap at the front: filling needs an observation within the window."""
    newest = series.last(hours)
    first = int(newest.observed.argmax())
    return LoadSeries(newest.start + first * HOUR, newest.values[first:], newest.observed[first:])


def _may_be_stored(name: str) -> bool:
    """Whether a row can have this name; MariaDB would take ``shop`` for ``shop `` with a blank at its end."""
    if not 1 <= len(name) <= NAME_CHARACTERS or name != name.strip():
        return False
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _refuse_part_hours(end: datetime, hours: int) -> None:
    if end.tzinfo is None or end.timestamp() % HOUR_SECONDS:
        raise ValueError(f"end must be a full hour with a time zone, got {end!r}")
    if hours < 1:
        raise ValueError(f"hours must be at least 1, got {hours}")
