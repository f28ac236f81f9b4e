"""Whose histories are, and what was shared with whom."""

from __future__ import annotations

import sqlalchemy as sa

from adapters.database import ddl
from adapters.database.tables.metadata import STORED
from adapters.database.tables.types import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Histories there are by now have no owner: they are the operator's, and everybody's to plan from."""
    ddl.create_table(
        "history_owners",
        _text("service_id", 128),
        _text("owner_id", 32),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("service_id", name="pk_history_owners"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_history_owners_owner_id_users"),
        **STORED,
    )
    ddl.create_index("ix_history_owners_owner_id", "history_owners", ["owner_id"])
    ddl.create_table(
        "shares",
        _text("id", 32),
        _text("kind", 16),
        _text("subject", 128),
        _text("shared_by", 32),
        _text("user_id", 32),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shares"),
        sa.ForeignKeyConstraint(["shared_by"], ["users.id"], name="fk_shares_shared_by_users"),
        sa.UniqueConstraint("kind", "subject", "user_id", name="uq_shares_kind_subject_user_id"),
        **STORED,
    )
    for column in ("shared_by", "user_id"):
        ddl.create_index(f"ix_shares_{column}", "shares", [column])


def downgrade() -> None:
    """Forgets owners and shares: every history is everybody's again."""
    ddl.drop_table("shares")
    ddl.drop_table("history_owners")


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)
