"""The tables `plans` and `plan_documents`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Numeric, String, Table, Text
from sqlalchemy.dialects import mysql

from adapters.database.tables.metadata import METADATA, STORED
from adapters.database.tables.types import UtcDateTime

ID_CHARACTERS: Final = 36
DIGEST_CHARACTERS: Final = 64
NAME_CHARACTERS: Final = 128
VERSION_CHARACTERS: Final = 255
WORD_CHARACTERS: Final = 16
# JSON that is written and read as it is; TEXT ends at 64 KiB on MySQL.
LONG_TEXT: Final = Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
MONEY: Final = Numeric(18, 6)

PLAN_DOCUMENTS: Final = Table(
    "plan_documents",
    METADATA,
    Column("digest", String(DIGEST_CHARACTERS), primary_key=True, nullable=False),
    Column("body", LONG_TEXT, nullable=False),
    **STORED,
)
# The id sorts by time: its order is the order of the list, and every index ends with it.
PLANS: Final = Table(
    "plans",
    METADATA,
    Column("id", String(ID_CHARACTERS), primary_key=True, nullable=False),
    Column("owner_id", String(ID_CHARACTERS), nullable=True),
    Column("kind", String(WORD_CHARACTERS), nullable=False),
    Column("service_id", String(NAME_CHARACTERS), nullable=False),
    Column("metric_name", String(NAME_CHARACTERS), nullable=False),
    Column("model_version", String(VERSION_CHARACTERS), nullable=False),
    Column("generated_at", UtcDateTime(6), nullable=False),
    Column("first_hour", UtcDateTime(0), nullable=False),
    Column("recommended_flavor", String(VERSION_CHARACTERS), nullable=True),
    Column("cost_usd_per_day", MONEY, nullable=False),
    Column("is_anomaly", Boolean, nullable=False),
    Column("request", LONG_TEXT, nullable=False),
    Column("digest", String(DIGEST_CHARACTERS), ForeignKey("plan_documents.digest"), nullable=False),
    Index(None, "service_id", "metric_name", "id"),
    Index(None, "metric_name", "id"),
    Index(None, "owner_id", "id"),
    Index(None, "digest"),
    **STORED,
)
