"""Tables of accounts: who may ask, with what, and what they did."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from adapters.database.tables.metadata import METADATA, STORED
from adapters.database.tables.types import JsonText, UtcDateTime

ID: Final = String(32)
DIGEST: Final = String(64)


def _owner(**options: Any) -> Column[str]:
    return Column("user_id", ID, ForeignKey("users.id"), nullable=False, **options)


USERS: Final = Table(
    "users",
    METADATA,
    Column("id", ID, primary_key=True, nullable=False),
    Column("username", String(64), nullable=False, unique=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("role", String(16), nullable=False),
    Column("full_name", String(200), nullable=False),
    Column("organisation", String(200), nullable=False),
    Column("is_active", Boolean(create_constraint=False), nullable=False),
    Column("is_verified", Boolean(create_constraint=False), nullable=False),
    Column("email_verified_at", UtcDateTime()),
    Column("failed_logins", Integer, nullable=False),
    Column("last_failed_at", UtcDateTime()),
    Column("locked_at", UtcDateTime()),
    Column("last_login_at", UtcDateTime()),
    Column("last_login_address", String(64), nullable=False),
    Column("totp_seed", String(512)),
    Column("totp_confirmed_at", UtcDateTime()),
    Column("totp_last_step", BigInteger),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("updated_at", UtcDateTime(), nullable=False),
    Column("deleted_at", UtcDateTime()),
    **STORED,
)

USER_SESSIONS: Final = Table(
    "user_sessions",
    METADATA,
    Column("id", ID, primary_key=True, nullable=False),
    Column("token_hash", DIGEST, nullable=False, unique=True),
    _owner(index=True),
    Column("is_pending", Boolean(create_constraint=False), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False, index=True),
    Column("seen_at", UtcDateTime(), nullable=False),
    Column("confirmed_at", UtcDateTime(), nullable=False),
    Column("address", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    **STORED,
)


def _single_use(name: str) -> Table:
    return Table(
        name,
        METADATA,
        Column("id", ID, primary_key=True, nullable=False),
        _owner(index=True),
        Column("token_hash", DIGEST, nullable=False, unique=True),
        Column("created_at", UtcDateTime(), nullable=False),
        Column("expires_at", UtcDateTime(), nullable=False),
        Column("used_at", UtcDateTime()),
        **STORED,
    )


PASSWORD_RESET_TOKENS: Final = _single_use("password_reset_tokens")
EMAIL_VERIFICATION_TOKENS: Final = _single_use("email_verification_tokens")
BACKUP_CODES: Final = _single_use("backup_codes")

API_KEYS: Final = Table(
    "api_keys",
    METADATA,
    Column("id", ID, primary_key=True, nullable=False),
    _owner(index=True),
    Column("name", String(100), nullable=False),
    Column("key_hash", DIGEST, nullable=False, unique=True),
    Column("shown", String(32), nullable=False),
    Column("scopes", String(500), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False),
    Column("revoked_at", UtcDateTime()),
    Column("last_used_at", UtcDateTime()),
    Column("replaces", ID),
    **STORED,
)

CLOUD_ACCOUNTS: Final = Table(
    "cloud_accounts",
    METADATA,
    Column("id", ID, primary_key=True, nullable=False),
    _owner(index=True),
    Column("provider", String(16), nullable=False),
    Column("name", String(100), nullable=False),
    Column("account_id", String(200), nullable=False),
    Column("region", String(100), nullable=False),
    Column("tenant_id", String(200), nullable=False),
    Column("project_id", String(200), nullable=False),
    Column("access_key", Text),
    Column("access_key_shown", String(16), nullable=False),
    Column("secret_key", Text),
    Column("extra", Text),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("updated_at", UtcDateTime(), nullable=False),
    **STORED,
)

HISTORY_OWNERS: Final = Table(
    "history_owners",
    METADATA,
    Column("service_id", String(128), primary_key=True, nullable=False),
    Column("owner_id", ID, ForeignKey("users.id"), nullable=False, index=True),
    Column("since", UtcDateTime(), nullable=False),
    **STORED,
)

SHARES: Final = Table(
    "shares",
    METADATA,
    Column("id", ID, primary_key=True, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("shared_by", ID, ForeignKey("users.id"), nullable=False, index=True),
    # Empty for everybody: NULLs would each be another one to a unique index.
    Column("user_id", ID, nullable=False, index=True),
    Column("created_at", UtcDateTime(), nullable=False),
    UniqueConstraint("kind", "subject", "user_id"),
    **STORED,
)

# No foreign keys: an entry outlives whatever it tells of.
USER_AUDIT_LOG: Final = Table(
    "user_audit_log",
    METADATA,
    Column("number", BigInteger, primary_key=True, nullable=False, autoincrement=False),
    Column("at", UtcDateTime(), nullable=False, index=True),
    Column("action", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("actor_id", ID, index=True),
    Column("user_id", ID, index=True),
    Column("target", String(200), nullable=False),
    Column("address", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("agent", String(200), nullable=False),
    Column("detail", JsonText(), nullable=False),
    Column("previous_hash", DIGEST, nullable=False),
    Column("entry_hash", DIGEST, nullable=False),
    **STORED,
)

# One row: the newest entry, which writers lock, and the last one that retention removed.
AUDIT_ENDS: Final = Table(
    "user_audit_ends",
    METADATA,
    Column("id", Integer, primary_key=True, nullable=False, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("head", DIGEST, nullable=False),
    Column("pruned", DIGEST, nullable=False),
    **STORED,
)

ATTEMPTS: Final = Table(
    "auth_attempts",
    METADATA,
    Column("kind", String(32), primary_key=True, nullable=False),
    Column("subject", DIGEST, primary_key=True, nullable=False),
    Column("window_start", UtcDateTime(), nullable=False),
    Column("count", Integer, nullable=False),
    Column("in_a_row", Integer, nullable=False),
    Column("last_at", UtcDateTime(), index=True),
    **STORED,
)

REQUEST_COUNTS: Final = Table(
    "request_counts",
    METADATA,
    # Start of the time window, seconds since 1970, first, so that old windows lie together.
    Column("period", BigInteger, primary_key=True, nullable=False, autoincrement=False),
    Column("subject", DIGEST, primary_key=True, nullable=False),
    Column("count", Integer, nullable=False),
    **STORED,
)
