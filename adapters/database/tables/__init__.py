"""Every table, one module a concern. Importing this package fills ``METADATA``; the migrations must make the same."""

from adapters.database.tables import accounts, alerts, history, plans
from adapters.database.tables.metadata import METADATA

__all__ = ["METADATA", "accounts", "alerts", "history", "plans"]
