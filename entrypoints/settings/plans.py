"""What is kept of plans, for how long, and where while the database is away."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field


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
