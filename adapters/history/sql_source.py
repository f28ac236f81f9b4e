"""Opening a database as a source or store of history; SQLAlchemy, which takes half a second, is imported only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from domain.ports.history_store import HistoryStore
from domain.ports.metric_history import MetricHistory

if TYPE_CHECKING:
    from adapters.database.database import Database


def open_sql_history(database: Callable[[], Database], **table: str) -> MetricHistory:
    """A source over a database that is opened when first needed; ``table`` names another than ours."""
    from adapters.history.sql_history import SqlMetricHistory

    return SqlMetricHistory(database, **table)


def open_sql_store(database: Callable[[], Database], **table: str) -> HistoryStore:
    """A store over a database that is opened when first needed; ``table`` names another than ours."""
    from adapters.history.sql_store import SqlHistoryStore

    return SqlHistoryStore(database, **table)
