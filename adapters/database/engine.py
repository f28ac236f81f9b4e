"""Connections: short waits, UTC, strict mode, and SQLite as a server would behave."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection

from adapters.database.target import DatabaseTarget

# A proxy or a server may drop a connection that is idle for longer; MySQL's own limit is eight hours.
_RECYCLE_SECONDS: Final = 1800
_SQL_MODE: Final = "STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
_WAL_PAUSE_SECONDS: Final = 0.02
READ_ONLY: Final = "mcp_read_only"
"""Execution option: a transaction that only reads, which on SQLite must not wait for a writer."""


def make_engine(target: DatabaseTarget, *, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> Engine:
    """An engine; nothing is opened before the first use.

    Args:
        target: Address and waits.
        monotonic: Seconds that only grow.
        sleep: Waits so many seconds.
    """
    engine = create_engine(
        target.url.set(password="") if target.url.password else target.url,
        pool_pre_ping=True,
        pool_size=target.pool_size,
        max_overflow=target.pool_size,
        pool_timeout=target.connect_seconds,
        pool_recycle=_RECYCLE_SECONDS,
        # Parameters may be a password's hash or a webhook; they stay out of errors and logs.
        hide_parameters=True,
        connect_args=_sqlite_arguments(target) if target.is_sqlite else _mysql_arguments(target),
    )
    if target.is_sqlite:

        def set_up(connection: Any, _record: Any) -> None:
            ends = monotonic() + target.io_seconds
            _set_up_sqlite(connection, is_over=lambda: monotonic() >= ends, sleep=sleep)

        event.listen(engine, "connect", set_up)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _mysql_arguments(target: DatabaseTarget) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "charset": "utf8mb4",
        "sql_mode": _SQL_MODE,
        "init_command": "SET time_zone = '+00:00'",
        "connect_timeout": target.connect_seconds,
        # Without these a server that takes the connection and says nothing would be waited for without end.
        "read_timeout": target.io_seconds,
        "write_timeout": target.io_seconds,
    }
    if target.url.password:
        # As bytes: the driver would write text as Latin-1, which has no letters beyond Western Europe.
        arguments["password"] = str(target.url.password).encode()
    if target.ssl_ca is not None:
        arguments |= {"ssl_ca": str(target.ssl_ca), "ssl_verify_cert": True, "ssl_verify_identity": True}
    return arguments


def _sqlite_arguments(target: DatabaseTarget) -> dict[str, Any]:
    # Threads share the pool, but a connection is used by one of them at a time.
    return {"timeout": target.io_seconds, "check_same_thread": False, "isolation_level": None}


def _set_up_sqlite(connection: Any, *, is_over: Callable[[], bool], sleep: Callable[[float], None]) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten in the file as well, however SQLite was built.
        cursor.execute("PRAGMA secure_delete = ON").fetchall()
        # On a disk that is full or read-only this fails, and the first statement then says so.
        while not _writes_ahead(cursor, is_over):
            sleep(_WAL_PAUSE_SECONDS * (0.5 + random.random()))  # noqa: S311
        cursor.execute("PRAGMA synchronous = NORMAL")
    finally:
        cursor.close()


def _writes_ahead(cursor: Any, is_over: Callable[[], bool]) -> bool:
    """Have readers not wait for a writer; False if somebody else is at the file, so that it has to be tried again.

    The file keeps the mode. SQLite waits for a lock, but not while it changes the mode: of two that open a new file
    at once, one is told at once that it is locked.
    """
    try:
        if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            cursor.execute("PRAGMA journal_mode = WAL").fetchall()
    except sqlite3.OperationalError as error:
        # The extended codes of a lock have it in their lowest byte.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or is_over():
            raise
        return False
    return True


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: a reader that turns into a writer would fail instead of waiting."""
    reads = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def make_place(file: Path) -> None:
    """An SQLite file and its folder, where there are none, readable by their owner only.

    What SQLite writes beside the file takes the file's own mode. One that is there keeps what its operator gave it.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        file.touch(mode=0o600)
