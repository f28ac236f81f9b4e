"""Statements that mean the same on MySQL, MariaDB and SQLite, and the database's own time."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Executable, Table, func, select
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine import Connection


def insert_or_leave(connection: Connection, table: Table) -> Executable:
    """Insert rows, and leave those as they are whose primary key is there.

    MySQL's INSERT IGNORE would also pass over rows that are wrong.
    """
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    key = next(iter(table.primary_key.columns))
    return mysql.insert(table).on_duplicate_key_update({key.name: key})


def present(connection: Connection) -> datetime:
    """The present, aware, UTC: the server's own, as its clients' clocks differ; an SQLite file has its machine's."""
    if connection.dialect.name == "sqlite":
        return datetime.now(UTC)
    said: datetime = connection.execute(select(func.utc_timestamp(6))).scalar_one()
    return said.replace(tzinfo=UTC)
