"""Adapter of the port `AttemptStore`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Table, and_, delete, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine import Connection

from adapters.database.tables.accounts import ATTEMPTS, REQUEST_COUNTS
from domain.identity.limits import Attempts
from domain.identity.tokens import digest
from domain.ports.attempt_store import AttemptStore

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SqlAttempts(AttemptStore):
    """The tables `auth_attempts` and `request_counts`."""

    def __init__(self, connection: Connection, *, locks: bool = True) -> None:
        self._connection = connection
        self._locks = locks

    def find(self, kind: str, subject: str) -> Attempts | None:
        """The counter, locked.

        A row is made first where there is none: two transactions that lock a gap and then fill it would deadlock.
        """
        here = and_(ATTEMPTS.c.kind == kind, ATTEMPTS.c.subject == subject)
        columns = (ATTEMPTS.c.window_start, ATTEMPTS.c["count"], ATTEMPTS.c.in_a_row, ATTEMPTS.c.last_at)
        query = select(*columns).where(here)
        if self._locks:
            empty = {"kind": kind, "subject": subject, "window_start": _EPOCH, "count": 0, "in_a_row": 0}
            _insert_unless_there(self._connection, ATTEMPTS, empty)
            query = query.with_for_update()
        row = self._connection.execute(query).first()
        return None if row is None or row.last_at is None else Attempts(**row._mapping)

    def save(self, kind: str, subject: str, attempts: Attempts) -> None:
        """Write a counter."""
        columns: dict[str, Any] = {
            "window_start": attempts.window_start, "count": attempts.count, "in_a_row": attempts.in_a_row,
            "last_at": attempts.last_at,
        }  # fmt: skip
        _insert_unless_there(self._connection, ATTEMPTS, {"kind": kind, "subject": subject, **columns})
        here = and_(ATTEMPTS.c.kind == kind, ATTEMPTS.c.subject == subject)
        self._connection.execute(update(ATTEMPTS).where(here).values(**columns))

    def remove(self, kind: str, subject: str) -> None:
        """Forget a counter."""
        self._connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.kind == kind, ATTEMPTS.c.subject == subject))

    def add_requests(self, counts: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
        """Add to request counters."""
        totals = {}
        for (subject, period), count in sorted(counts.items()):
            key = {"period": period, "subject": digest(subject)}
            here = and_(REQUEST_COUNTS.c.period == period, REQUEST_COUNTS.c.subject == key["subject"])
            _insert_unless_there(self._connection, REQUEST_COUNTS, {**key, "count": 0})
            self._connection.execute(update(REQUEST_COUNTS).where(here).values(count=REQUEST_COUNTS.c["count"] + count))
            query = select(REQUEST_COUNTS.c["count"]).where(here)
            totals[subject, period] = int(self._connection.execute(query).scalar_one())
        return totals

    def forget_older(self, before: datetime) -> None:
        """Forget old counters of both kinds."""
        self._connection.execute(delete(REQUEST_COUNTS).where(REQUEST_COUNTS.c.period < int(before.timestamp())))
        self._connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.last_at < before))


def _insert_unless_there(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing())
    else:
        # Not INSERT IGNORE: that locks a row there already for readers only, and two such wait for each other.
        kept = mysql.insert(table).values(**values).on_duplicate_key_update(count=table.c["count"])
        connection.execute(kept)
