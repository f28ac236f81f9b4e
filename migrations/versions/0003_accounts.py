"""The tables of accounts: users, their credentials, limits on guessing, and the audit trail."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from adapters.database import ddl
from adapters.database.tables.metadata import STORED
from adapters.database.tables.types import JsonText, UtcDateTime

revision = "0003"
down_revision = "0002"

_TOKENS = ("password_reset_tokens", "email_verification_tokens", "backup_codes")
_OWNED = ("user_sessions", *_TOKENS, "api_keys", "cloud_accounts")
_ZEROS = "0" * 64


def upgrade() -> None:
    """Accounts and what belongs to them; the audit trail's one row of ends is written as well."""
    _users()
    _credentials()
    _cloud_accounts()
    _audit()
    _counters()


def downgrade() -> None:
    """Forgets all accounts, their keys and the audit trail."""
    for name in ("request_counts", "auth_attempts", "user_audit_ends", "user_audit_log", *reversed(_OWNED), "users"):
        ddl.drop_table(name)


def _id(name: str = "id", *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(32), nullable=nullable)


def _digest(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(create_constraint=False), nullable=False)


def _owned(name: str, *columns: Any) -> None:
    """A table whose rows belong to a user."""
    ddl.create_table(
        name,
        _id(),
        _id("user_id"),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{name}_user_id_users"),
        **STORED,
    )
    ddl.create_index(f"ix_{name}_user_id", name, ["user_id"])


def _users() -> None:
    ddl.create_table(
        "users",
        _id(),
        _text("username", 64),
        _text("email", 254),
        _text("password_hash", 255),
        _text("role", 16),
        _text("full_name", 200),
        _text("organisation", 200),
        _flag("is_active"),
        _flag("is_verified"),
        _time("email_verified_at", nullable=True),
        sa.Column("failed_logins", sa.Integer(), nullable=False),
        _time("last_failed_at", nullable=True),
        _time("locked_at", nullable=True),
        _time("last_login_at", nullable=True),
        _text("last_login_address", 64),
        sa.Column("totp_seed", sa.String(512), nullable=True),
        _time("totp_confirmed_at", nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        _time("created_at"),
        _time("updated_at"),
        _time("deleted_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("username", name="uq_users_username"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        **STORED,
    )


def _credentials() -> None:
    _owned(
        "user_sessions",
        _digest("token_hash"),
        _flag("is_pending"),
        *(_time(name) for name in ("created_at", "seen_at", "confirmed_at")),
        _text("address", 64),
        _text("agent", 200),
        sa.UniqueConstraint("token_hash", name="uq_user_sessions_token_hash"),
    )
    ddl.create_index("ix_user_sessions_created_at", "user_sessions", ["created_at"])
    for name in _TOKENS:
        _owned(
            name,
            _digest("token_hash"),
            _time("created_at"),
            _time("expires_at"),
            _time("used_at", nullable=True),
            sa.UniqueConstraint("token_hash", name=f"uq_{name}_token_hash"),
        )
    _owned(
        "api_keys",
        _text("name", 100),
        _digest("key_hash"),
        _text("shown", 32),
        _text("scopes", 500),
        _time("created_at"),
        _time("expires_at"),
        _time("revoked_at", nullable=True),
        _time("last_used_at", nullable=True),
        _id("replaces", nullable=True),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )


def _cloud_accounts() -> None:
    _owned(
        "cloud_accounts",
        _text("provider", 16),
        _text("name", 100),
        _text("account_id", 200),
        _text("region", 100),
        _text("tenant_id", 200),
        _text("project_id", 200),
        sa.Column("access_key", sa.Text(), nullable=True),
        _text("access_key_shown", 16),
        sa.Column("secret_key", sa.Text(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        _time("created_at"),
        _time("updated_at"),
    )


def _audit() -> None:
    ddl.create_table(
        "user_audit_log",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        _time("at"),
        _text("action", 64),
        _text("outcome", 16),
        _id("actor_id", nullable=True),
        _id("user_id", nullable=True),
        _text("target", 200),
        _text("address", 64),
        _text("request_id", 64),
        _text("agent", 200),
        sa.Column("detail", JsonText(), nullable=False),
        _digest("previous_hash"),
        _digest("entry_hash"),
        sa.PrimaryKeyConstraint("number", name="pk_user_audit_log"),
        **STORED,
    )
    for column in ("at", "actor_id", "user_id"):
        ddl.create_index(f"ix_user_audit_log_{column}", "user_audit_log", [column])
    ddl.create_table(
        "user_audit_ends",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        _digest("head"),
        _digest("pruned"),
        sa.PrimaryKeyConstraint("id", name="pk_user_audit_ends"),
        **STORED,
    )
    op.execute(
        f"INSERT INTO user_audit_ends (id, number, head, pruned) SELECT 1, 0, '{_ZEROS}', '{_ZEROS}' "  # noqa: S608
        "FROM (SELECT 1 AS one) AS once WHERE NOT EXISTS (SELECT 1 FROM user_audit_ends)"
    )


def _counters() -> None:
    ddl.create_table(
        "auth_attempts",
        _text("kind", 32),
        _digest("subject"),
        _time("window_start"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("in_a_row", sa.Integer(), nullable=False),
        _time("last_at", nullable=True),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_auth_attempts"),
        **STORED,
    )
    ddl.create_index("ix_auth_attempts_last_at", "auth_attempts", ["last_at"])
    ddl.create_table(
        "request_counts",
        sa.Column("period", sa.BigInteger(), autoincrement=False, nullable=False),
        _digest("subject"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("period", "subject", name="pk_request_counts"),
        **STORED,
    )
