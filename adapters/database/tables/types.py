"""Column types that mean the same on MySQL, MariaDB and SQLite."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import DATETIME, DOUBLE, Dialect, Text
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

_SECONDS: Final = "%(year)04d-%(month)02d-%(day)02d %(hour)02d:%(minute)02d:%(second)02d"
_DOUBLE_ON: Final = ("mysql", "mariadb")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out; kept without a zone, so that no server's or client's zone can move it.

    Args:
        digits: Digits of the fraction of a second: 6, or 0 for whole seconds (the rest is cut off, never rounded up).
    """

    impl = DATETIME
    cache_ok = True

    def __init__(self, digits: int = 6) -> None:
        super().__init__()
        self.digits = digits

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """DATETIME(6) or DATETIME on MySQL; on SQLite text that sorts as time does."""
        if dialect.name in _DOUBLE_ON:
            return dialect.type_descriptor(mysql.DATETIME(fsp=self.digits or None))
        kept: TypeEngine[Any] = DATETIME() if self.digits else sqlite.DATETIME(storage_format=_SECONDS)  # type: ignore[no-untyped-call]
        return dialect.type_descriptor(kept)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC without a zone.

        Raises:
            ValueError: A time without a zone: what it means is anybody's guess.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        plain = value.astimezone(UTC).replace(tzinfo=None)
        return plain if self.digits else plain.replace(microsecond=0)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class JsonText(TypeDecorator[Any]):
    """A JSON document as text, the same bytes on every database; NaN is refused."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """LONGTEXT on MySQL, where TEXT ends at 64 KiB."""
        return dialect.type_descriptor(mysql.LONGTEXT() if dialect.name in _DOUBLE_ON else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Compact JSON."""
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The document."""
        return None if value is None else json.loads(value)


Double = DOUBLE
"""Eight bytes; values come back bit for bit."""
