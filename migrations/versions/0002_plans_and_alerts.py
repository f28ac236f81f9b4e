"""The tables of stored plans and of the outbox of alerts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from adapters.database import ddl
from adapters.database.tables.metadata import STORED
from adapters.database.tables.types import UtcDateTime

revision = "0002"
down_revision = "0001"

_LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
_INDEXES = {
    "plans": (["service_id", "metric_name", "id"], ["metric_name", "id"], ["owner_id", "id"], ["digest"]),
    "alerts": (["state", "id"], ["service_id", "id"]),
    "alert_deliveries": (
        ["channel", "state", "id"], ["channel", "service_id", "state", "id"], ["channel", "first_leased_at"],
        ["alert_id"],
    ),
}  # fmt: skip


def upgrade() -> None:
    """Plans with what they have in common kept once; alerts with a delivery per channel."""
    _create_plans()
    _create_alerts()
    for table, indexes in _INDEXES.items():
        for columns in indexes:
            ddl.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def downgrade() -> None:
    """Forgets all plans and alerts."""
    for name in ("alert_series", "alert_deliveries", "alerts", "plans", "plan_documents"):
        ddl.drop_table(name)


def _create_plans() -> None:
    ddl.create_table(
        "plan_documents",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", _LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_plan_documents"),
        **STORED,
    )
    ddl.create_table(
        "plans",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("owner_id", sa.String(36), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("service_id", sa.String(128), nullable=False),
        sa.Column("metric_name", sa.String(128), nullable=False),
        sa.Column("model_version", sa.String(255), nullable=False),
        sa.Column("generated_at", UtcDateTime(6), nullable=False),
        sa.Column("first_hour", UtcDateTime(0), nullable=False),
        sa.Column("recommended_flavor", sa.String(255), nullable=True),
        sa.Column("cost_usd_per_day", sa.Numeric(18, 6), nullable=False),
        sa.Column("is_anomaly", sa.Boolean(), nullable=False),
        sa.Column("request", _LONG_TEXT, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plans"),
        sa.ForeignKeyConstraint(["digest"], ["plan_documents.digest"], name="fk_plans_digest_plan_documents"),
        **STORED,
    )


def _create_alerts() -> None:
    ddl.create_table(
        "alerts",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("service_id", sa.String(128), nullable=False),
        sa.Column("score", sa.DOUBLE(), nullable=True),
        sa.Column("told_by", sa.String(36), nullable=True),
        sa.Column("message", _LONG_TEXT, nullable=False),
        sa.Column("created_at", UtcDateTime(6), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        **STORED,
    )
    ddl.create_table(
        "alert_deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("service_id", sa.String(128), nullable=False),
        sa.Column("is_summary", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime(6), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(6), nullable=False),
        sa.Column("written_at", UtcDateTime(6), nullable=False),
        sa.Column("first_leased_at", UtcDateTime(6), nullable=True),
        sa.Column("leased_until", UtcDateTime(6), nullable=True),
        sa.Column("token", sa.String(16), nullable=False),
        sa.Column("last_attempt_at", UtcDateTime(6), nullable=True),
        sa.Column("sent_at", UtcDateTime(6), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_detail", sa.String(500), nullable=False),
        sa.Column("told_by", sa.String(36), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alert_deliveries"),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name="fk_alert_deliveries_alert_id_alerts", ondelete="CASCADE"
        ),
        **STORED,
    )
    ddl.create_table(
        "alert_series",
        sa.Column("dedup_key", sa.String(64), nullable=False),
        sa.Column("alert_id", sa.String(36), nullable=False),
        sa.Column("told_at", UtcDateTime(6), nullable=False),
        sa.Column("suppressed", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("first_hour", UtcDateTime(0), nullable=False),
        sa.PrimaryKeyConstraint("dedup_key", name="pk_alert_series"),
        **STORED,
    )
