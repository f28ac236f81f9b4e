"""The table `metric_history`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, MetaData, String, Table

from adapters.database.tables.metadata import METADATA, STORED
from adapters.database.tables.types import Double, UtcDateTime

NAME: Final = "metric_history"
NAME_CHARACTERS: Final = 128


def history_table(name: str = NAME, metadata: MetaData | None = None) -> Table:
    """The table under a name of the operator's choice (MYSQL_TABLE), outside the migrated schema unless it is ours."""
    return Table(
        name,
        MetaData() if metadata is None else metadata,
        Column("service_id", String(NAME_CHARACTERS), primary_key=True, nullable=False),
        Column("metric_name", String(NAME_CHARACTERS), primary_key=True, nullable=False),
        Column("ts", UtcDateTime(0), primary_key=True, nullable=False),
        Column("value", Double(), nullable=False),
        **STORED,
    )


METRIC_HISTORY: Final = history_table(metadata=METADATA)
