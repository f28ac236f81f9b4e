"""What is kept of plans, for how long, and where while the database is away."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, field_validator

from entrypoints.settings.fields import empty_is_none


class PlanSettings(BaseModel):
    """Keeping plans, and the spool beside the database."""

    keep_plans: Literal["all", "alerts", "none"] = Field(
        "all",
        description="What the database keeps: all plans and their alerts, alerts only, or none: anomalies are then "
        "told in plans, log and metrics only",
    )
    plan_retention_days: int = Field(
        90, ge=1, le=36_500, description="Age from which on plans, and alerts that are done, are forgotten, days"
    )
    plan_spool_dir: Path = Field(Path("var/spool"), description="Folder that keeps plans while the database is away")
    plan_spool_max_bytes: int = Field(
        268_435_456, ge=65_536, le=1_099_511_627_776, description="Largest size of it, bytes; the oldest plans go first"
    )
    public_url: Annotated[str | None, BeforeValidator(empty_is_none)] = Field(
        None, description="Address of this service as people reach it, for links in alerts; empty: no links"
    )

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise ValueError("write http:// or https://, a host, and nothing else but a path")
        return url.rstrip("/")
