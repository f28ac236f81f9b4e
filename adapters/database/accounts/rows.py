"""Rows and values: columns carry the names of the values' fields."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Table, insert, select, update
from sqlalchemy.engine import Connection

Value = TypeVar("Value")


class Rows(Generic[Value]):
    """One table whose rows are values of one dataclass with an ``id``.

    Args:
        connection: The running transaction.
        locks: Whether rows that are looked up are locked until its end.
    """

    table: ClassVar[Table]
    kind: type[Value]

    def __init__(self, connection: Connection, *, locks: bool = True) -> None:
        self._connection = connection
        self._locks = locks
        self._names = [field.name for field in fields(self.kind)]  # type: ignore[arg-type]

    def values_of(self, value: Value) -> dict[str, Any]:
        """Columns of a value."""
        return {name: getattr(value, name) for name in self._names}

    def value_of(self, row: Row[Any]) -> Value:
        """The value of a row."""
        return self.kind(**{name: row._mapping[name] for name in self._names})

    def add(self, value: Value) -> None:
        """Insert a value."""
        self._connection.execute(insert(self.table).values(**self.values_of(value)))

    def save(self, value: Value) -> None:
        """Write every column of a row that is there."""
        columns = self.values_of(value)
        self._connection.execute(update(self.table).where(self.table.c.id == columns.pop("id")).values(**columns))

    def one(self, *conditions: ColumnElement[bool], locked: bool = False) -> Value | None:
        """The row that meets the conditions."""
        query = select(self.table).where(*conditions)
        row = self._connection.execute(query.with_for_update() if locked and self._locks else query).first()
        return None if row is None else self.value_of(row)

    def many(
        self, *conditions: ColumnElement[bool], order: ColumnElement[Any], then: Any = None, limit: int | None = None,
        locked: bool = False,
    ) -> list[Value]:  # fmt: skip
        """Rows that meet the conditions, in an order."""
        ordering = [order] if then is None else [order, then]
        query = select(self.table).where(*conditions).order_by(*ordering).limit(limit)
        rows = self._connection.execute(query.with_for_update() if locked and self._locks else query)
        return [self.value_of(row) for row in rows]
