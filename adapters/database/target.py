"""Which database, and how long to wait for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import ConfigurationError

_DRIVERS: Final = {
    "mysql": "mysql+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
}
_EXAMPLES: Final = "mysql://user:password@host:3306/database or sqlite:///file.sqlite3"
_MIGRATION_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseTarget:
    """A database's address and the waits allowed.

    Attributes:
        url: Its address; the password is in it and is never shown.
        ssl_ca: Certificate authority that must have signed the server's certificate; None: as the server offers.
        connect_seconds: For a connection, and for a free one of the pool.
        io_seconds: For each answer of the server, or for SQLite's lock.
        pool_size: Connections held and, beyond them, as many again for a while.
    """

    url: URL
    ssl_ca: Path | None = None
    connect_seconds: float = 3.0
    io_seconds: float = 10.0
    pool_size: int = 8

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of our own."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for a server."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    def patient(self) -> DatabaseTarget:
        """The same with time enough to change the schema of large tables."""
        return replace(self, io_seconds=_MIGRATION_SECONDS)


def target_of_url(text: str) -> URL:
    """The address, with the driver we ship.

    Raises:
        ConfigurationError: Not an address of MySQL, MariaDB or SQLite.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ConfigurationError(f"setting DATABASE_URL: expected {_EXAMPLES}") from None
    driver = _DRIVERS.get(url.drivername)
    if driver is None or not url.database or url.database == ":memory:":
        raise ConfigurationError(f"setting DATABASE_URL: expected {_EXAMPLES}")
    return url.set(drivername=driver)


def sqlite_url(path: Path) -> URL:
    """The address of a file."""
    return URL.create("sqlite", database=str(path))


def make_target(url: SecretStr, *, ssl_ca: Path | None, connect_seconds: float, io_seconds: float) -> DatabaseTarget:
    """The target that settings name.

    Raises:
        ConfigurationError: The address is none of MySQL, MariaDB or SQLite.
    """
    return DatabaseTarget(
        url=target_of_url(url.get_secret_value()), ssl_ca=ssl_ca, connect_seconds=connect_seconds, io_seconds=io_seconds
    )
