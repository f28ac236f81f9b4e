"""What a driver's error means, in one line that says what to do; never the driver's text, an address or a password."""

from __future__ import annotations

import sqlite3
import ssl
from typing import Final

from pymysql import err as mysql_err
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import Conflict, DatabaseUnavailable, McpCoreError

_UPGRADE: Final = "run `mcp-core db upgrade`"
NOT_LET_IN: Final = "the database refuses this user or password: check DATABASE_URL, or MYSQL_USER and MYSQL_PASSWORD"
NO_DATABASE: Final = "the server has no such database: create it (docs/database.md), or check MYSQL_DATABASE"
NO_RIGHT: Final = "the database user lacks a right: grant what docs/database.md lists"
NO_TABLE: Final = f"a table is missing: {_UPGRADE}, or check MYSQL_TABLE"
OLD_SCHEMA: Final = f"the schema is older than this version: {_UPGRADE}"
DISK_FULL: Final = "the database's disk is full: free space there"
READ_ONLY: Final = "the database is read-only: check the file's permissions, or the server's read_only"
NO_ANSWER: Final = "the database does not answer: check that it runs and can be reached"
LOST: Final = "the connection to the database was lost, or it did not answer in time"
BUSY: Final = "the database is busy with other writers: try again"
TOO_MANY: Final = "the database takes no more connections: raise its max_connections, or lower MAX_THREADS"
POOL_EMPTY: Final = "all database connections are in use: try again"
NO_TLS: Final = "no trusted TLS connection to the database: check MYSQL_SSL_CA and the server's certificate"
CANNOT_OPEN: Final = "the SQLite file cannot be opened: check DATABASE_URL, its folder and their permissions"
NOT_SQLITE: Final = "the SQLite file is damaged or not SQLite: restore a backup (docs/database.md)"
IO_ERROR: Final = "the SQLite file cannot be read or written: check the disk"
CONFLICT: Final = "the database holds something that contradicts this"

_DEADLOCK: Final = frozenset({1205, 1213})
_LOST_CODES: Final = frozenset({2006, 2013, 2055, 1053, 1077, 1078, 1079, 1080, 1927})
_MYSQL: Final[dict[int, str]] = {
    1044: NO_RIGHT, 1045: NOT_LET_IN, 1698: NOT_LET_IN, 1142: NO_RIGHT, 1143: NO_RIGHT, 1227: NO_RIGHT,
    1049: NO_DATABASE, 1146: NO_TABLE, 1054: OLD_SCHEMA, 1021: DISK_FULL, 1114: DISK_FULL, 1290: READ_ONLY,
    1792: READ_ONLY, 1836: READ_ONLY, 1040: TOO_MANY, 1203: TOO_MANY, 1226: TOO_MANY, 2002: NO_ANSWER,
    2003: NO_ANSWER, 2005: NO_ANSWER, 2026: NO_TLS, 3159: NO_TLS,
} | dict.fromkeys(_DEADLOCK, BUSY) | dict.fromkeys(_LOST_CODES, LOST)  # fmt: skip
_SQLITE: Final[dict[str, str]] = {
    "SQLITE_BUSY": BUSY, "SQLITE_LOCKED": BUSY, "SQLITE_FULL": DISK_FULL, "SQLITE_READONLY": READ_ONLY,
    "SQLITE_CANTOPEN": CANNOT_OPEN, "SQLITE_PERM": CANNOT_OPEN, "SQLITE_NOTADB": NOT_SQLITE,
    "SQLITE_CORRUPT": NOT_SQLITE, "SQLITE_IOERR": IO_ERROR,
}  # fmt: skip
_NO_SPACE: Final = 28  # ENOSPC, which MySQL puts into the text of other errors


def translate(error: SQLAlchemyError | OSError) -> McpCoreError | None:
    """The domain error for a driver's; None for what only a defect of ours explains, which must be seen as one."""
    if isinstance(error, PoolTimeout):
        return DatabaseUnavailable(POOL_EMPTY)
    if isinstance(error, OSError):
        return DatabaseUnavailable(NO_TLS if isinstance(error, ssl.SSLError) else NO_ANSWER)
    if isinstance(error, IntegrityError):
        return Conflict(CONFLICT)
    cause = error.orig if isinstance(error, DBAPIError) else None
    said = _said_of(cause)
    if said is None and isinstance(error, DBAPIError) and error.connection_invalidated:
        said = LOST
    return DatabaseUnavailable(said) if said else None


def _said_of(cause: object) -> str | None:
    if isinstance(cause, sqlite3.Error):
        return _said_of_sqlite(cause)
    if isinstance(cause, mysql_err.MySQLError):
        code = mysql_code(cause)
        if code in (3, 1030, 1026) and f"{_NO_SPACE}" in str(cause):
            return DISK_FULL
        if code in (2002, 2003) and isinstance(cause.__cause__ or cause.__context__, ssl.SSLError):
            return NO_TLS
        return _MYSQL.get(code)
    return None


def _said_of_sqlite(cause: sqlite3.Error) -> str | None:
    # Errors of Python's own checks have no code.
    name = getattr(cause, "sqlite_errorname", "")
    for known, said in _SQLITE.items():
        if name == known or name.startswith(f"{known}_"):
            return said
    text = str(cause)
    if text.startswith("no such table"):
        return NO_TABLE
    return OLD_SCHEMA if "no such column" in text or "has no column named" in text else None


def mysql_code(cause: object) -> int:
    """The number of a server's or driver's error; 0 when it has none."""
    number = cause.args[0] if isinstance(cause, mysql_err.MySQLError) and cause.args else 0
    return number if isinstance(number, int) else 0


def is_conflict_of_writers(error: DBAPIError) -> bool:
    """Whether the database undid the transaction in favour of another one: the same work may be tried again."""
    if isinstance(error.orig, sqlite3.Error):
        return _said_of_sqlite(error.orig) == BUSY
    return mysql_code(error.orig) in _DEADLOCK


def is_lost_connection(error: DBAPIError) -> bool:
    """Whether the connection broke, so that nobody knows whether the last statement was carried out."""
    return error.connection_invalidated or mysql_code(error.orig) in _LOST_CODES
