"""Formats of a backtest's report."""

from __future__ import annotations

from enum import StrEnum


class ReportFormat(StrEnum):
    """How the report is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    HTML = "html"
