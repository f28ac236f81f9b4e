"""The tables of the outbox: `alerts`, `alert_deliveries` and `alert_series`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table

from adapters.database.tables.metadata import METADATA, STORED
from adapters.database.tables.plans import (
    DIGEST_CHARACTERS,
    ID_CHARACTERS,
    LONG_TEXT,
    NAME_CHARACTERS,
    WORD_CHARACTERS,
)
from adapters.database.tables.types import Double, UtcDateTime

CHANNEL_CHARACTERS: Final = 32
DETAIL_CHARACTERS: Final = 500

ALERTS: Final = Table(
    "alerts",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True, nullable=False),
    Column("kind", String(WORD_CHARACTERS), nullable=False),
    Column("state", String(WORD_CHARACTERS), nullable=False),
    Column("service_id", String(NAME_CHARACTERS), nullable=False),
    Column("score", Double(), nullable=True),
    Column("told_by", String(ID_CHARACTERS), nullable=True),
    Column("message", LONG_TEXT, nullable=False),
    Column("created_at", UtcDateTime(6), nullable=False),
    Index(None, "state", "id"),
    Index(None, "service_id", "id"),
    **STORED,
)
# One row per alert and channel: each channel has its own attempts, and none waits for another.
ALERT_DELIVERIES: Final = Table(
    "alert_deliveries",
    METADATA,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True, nullable=False),
    Column("alert_id", String(ID_CHARACTERS), ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("channel", String(CHANNEL_CHARACTERS), nullable=False),
    Column("service_id", String(NAME_CHARACTERS), nullable=False),
    Column("is_summary", Boolean, nullable=False),
    Column("state", String(WORD_CHARACTERS), nullable=False),
    Column("created_at", UtcDateTime(6), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime(6), nullable=False),
    Column("written_at", UtcDateTime(6), nullable=False),
    Column("first_leased_at", UtcDateTime(6), nullable=True),
    Column("leased_until", UtcDateTime(6), nullable=True),
    Column("token", String(WORD_CHARACTERS), nullable=False),
    Column("last_attempt_at", UtcDateTime(6), nullable=True),
    Column("sent_at", UtcDateTime(6), nullable=True),
    Column("last_status", Integer, nullable=True),
    Column("last_detail", String(DETAIL_CHARACTERS), nullable=False),
    Column("told_by", String(ID_CHARACTERS), nullable=True),
    Index(None, "channel", "state", "id"),
    Index(None, "channel", "service_id", "state", "id"),
    Index(None, "channel", "first_leased_at"),
    Index(None, "alert_id"),
    **STORED,
)
# What was last told of a service, metric, model and time slot.
ALERT_SERIES: Final = Table(
    "alert_series",
    METADATA,
    Column("dedup_key", String(DIGEST_CHARACTERS), primary_key=True, nullable=False),
    Column("alert_id", String(ID_CHARACTERS), nullable=False),
    Column("told_at", UtcDateTime(6), nullable=False),
    Column("suppressed", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("first_hour", UtcDateTime(0), nullable=False),
    **STORED,
)
