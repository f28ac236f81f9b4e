"""The table of metric history."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.database import ddl
from adapters.database.tables.metadata import STORED
from adapters.database.tables.types import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """One row a sample; the key makes duplicates impossible and serves every window in one range scan."""
    ddl.create_table(
        "metric_history",
        sa.Column("service_id", sa.String(128), nullable=False),
        sa.Column("metric_name", sa.String(128), nullable=False),
        sa.Column("ts", UtcDateTime(0), nullable=False),
        sa.Column("value", sa.DOUBLE(), nullable=False),
        sa.PrimaryKeyConstraint("service_id", "metric_name", "ts", name="pk_metric_history"),
        **STORED,
    )


def downgrade() -> None:
    """Forgets all history."""
    ddl.drop_table("metric_history")
