"""Steps of migrations that may be repeated: MySQL commits each statement by itself, so a migration can end half-way."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import Column, inspect


def create_table(name: str, *columns: Any, **options: Any) -> None:
    """Create a table unless it is there."""
    op.create_table(name, *columns, if_not_exists=True, **options)


def drop_table(name: str) -> None:
    """Drop a table unless it is gone."""
    op.drop_table(name, if_exists=True)


def create_index(name: str, table: str, columns: list[str], *, unique: bool = False) -> None:
    """Create an index unless the table has one of that name; MySQL has no IF NOT EXISTS for indexes."""
    if name not in _index_names(table):
        op.create_index(name, table, columns, unique=unique)


def drop_index(name: str, table: str) -> None:
    """Drop an index unless it or its table is gone."""
    if inspect(op.get_bind()).has_table(table) and name in _index_names(table):
        op.drop_index(name, table_name=table)


def add_column(table: str, column: Column[Any]) -> None:
    """Add a column unless the table has one of that name."""
    if column.name not in _column_names(table):
        op.add_column(table, column)


def drop_column(table: str, name: str) -> None:
    """Drop a column unless it is gone."""
    if name in _column_names(table):
        op.drop_column(table, name)


def _index_names(table: str) -> set[str | None]:
    return {index["name"] for index in inspect(op.get_bind()).get_indexes(table)}


def _column_names(table: str) -> set[str]:
    return {column["name"] for column in inspect(op.get_bind()).get_columns(table)}
