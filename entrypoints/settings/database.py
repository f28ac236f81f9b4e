"""Which database keeps history, plans and accounts."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, field_validator

from entrypoints.settings.fields import OptionalPath, empty_is_none

_SCHEMES = ("mysql", "mysql+pymysql", "mariadb", "mariadb+pymysql", "sqlite")
_EXAMPLES = "mysql://user:password@host:3306/database or sqlite:///file.sqlite3"
DEFAULT_SQLITE_FILE = Path("var/mcp-core.sqlite3")


class DatabaseSettings(BaseModel):
    """Address of the database, or its parts, and how long to wait for it."""

    database_url: Annotated[SecretStr | None, BeforeValidator(empty_is_none)] = Field(
        None,
        description="Database, for example mysql://user:password@host:3306/database or sqlite:///file.sqlite3; "
        "empty: from MYSQL_* when MYSQL_HOST is set, else var/mcp-core.sqlite3",
    )
    mysql_host: Annotated[str | None, BeforeValidator(empty_is_none)] = Field(
        None, description="MySQL or MariaDB server; empty: none"
    )
    mysql_port: int = Field(3306, ge=1, le=65535, description="Its port")
    mysql_user: str = Field("mcp_core", min_length=1, max_length=128, description="Its user")
    mysql_password: SecretStr = Field(SecretStr(""), description="The user's password, any characters")
    mysql_database: str = Field("mcp_core", min_length=1, max_length=64, description="Name of the database")
    mysql_table: str = Field(
        "metric_history",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
        description="Table of metric history; another name is a table of your own with the same columns",
    )
    mysql_ssl_ca: OptionalPath = Field(
        None, description="Certificate authority (PEM) of the server; empty: its certificate is not checked"
    )
    database_connect_seconds: float = Field(
        3.0, ge=0.1, le=60, description="Longest wait for a connection to the database, seconds"
    )
    database_timeout_seconds: float = Field(
        10.0, ge=0.1, le=600, description="Longest wait for an answer of the database, seconds"
    )

    def address(self) -> SecretStr:
        """The database to use: DATABASE_URL, else the MYSQL_ settings when MYSQL_HOST is set, else an SQLite file."""
        if self.database_url is not None:
            return self.database_url
        return SecretStr(f"sqlite:///{DEFAULT_SQLITE_FILE}") if self.mysql_host is None else self.mysql_address()

    def mysql_address(self) -> SecretStr:
        """The server of the MYSQL_ settings, whatever DATABASE_URL says; any character may be in the password."""
        login = f"{quote(self.mysql_user, safe='')}:{quote(self.mysql_password.get_secret_value(), safe='')}"
        host = f"[{self.mysql_host}]" if ":" in (self.mysql_host or "") else self.mysql_host
        return SecretStr(f"mysql://{login}@{host}:{self.mysql_port}/{quote(self.mysql_database, safe='')}")

    @field_validator("database_url")
    @classmethod
    def _check_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _is_address(url.get_secret_value()):
            raise ValueError(f"expected {_EXAMPLES}; special characters of a password are written as %40 for @")
        return url

    @field_validator("mysql_ssl_ca")
    @classmethod
    def _check_ca(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("the file of the certificate authority is not there")
        if path is not None:
            _refuse_what_is_no_certificate(path)
        return path


def _refuse_what_is_no_certificate(path: Path) -> None:
    try:
        ssl.create_default_context(cafile=path)
    except OSError:
        raise ValueError("the file holds no certificate in PEM form") from None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        return False
    if parts.scheme == "sqlite":
        return not parts.netloc and len(parts.path) > 1 and ":memory:" not in parts.path
    return parts.scheme in _SCHEMES and port_is_one and bool(parts.hostname) and len(parts.path) > 1
