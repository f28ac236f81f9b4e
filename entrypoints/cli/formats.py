"""Output formats shared by the commands."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec


class OutputFormat(StrEnum):
    """How a command prints its answer."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


class RepositoryFormat(StrEnum):
    """How plans of a repository are printed; the last two need ``--plan``."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    HTML = "html"
    MARKDOWN = "markdown"


def as_json(body: object) -> str:
    """Indented JSON; numbers and times exactly as over HTTP."""
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def as_yaml(body: object) -> str:
    """YAML of the same body."""
    import yaml  # only this format needs it

    plain = msgspec.json.decode(msgspec.json.encode(body))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True).rstrip()


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """CSV with a header; a cell that a spreadsheet would run as a formula is quoted with an apostrophe."""
    target = io.StringIO()
    writer = csv.DictWriter(target, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _harmless(value) for key, value in row.items()} for row in rows)
    return target.getvalue().rstrip("\n")


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
