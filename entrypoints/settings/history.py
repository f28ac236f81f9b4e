"""Where metric history comes from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from entrypoints.assets import asset_path
from entrypoints.settings.fields import OptionalHours, OptionalPath

# A live source that has seen nothing of a service for a week knows a service that is gone.
LIVE_SOURCE_MAX_AGE_HOURS = 168


class HistorySettings(BaseModel):
    """Source of metric history, and how old it may be."""

    data_source_backend: Literal["csv", "database", "mysql"] = Field(
        "csv", description="Where metric history comes from: csv, database (DATABASE_URL) or mysql (MYSQL_*)"
    )
    csv_data_path: OptionalPath = Field(
        default_factory=lambda: asset_path("data/lstm_ready_cluster_data.csv"),
        description="Wide CSV file of the cluster, 84 columns; empty: none",
    )
    csv_services_path: OptionalPath = Field(
        default_factory=lambda: asset_path("data/sample_services.csv"),
        description="Long CSV file service_id,metric_name,ts,value; empty: none",
    )
    history_max_age_hours: OptionalHours = Field(
        None,
        description="Hours after which history counts as none; empty: no limit; unset: none for csv, 168 for others",
    )

    @property
    def history_age_limit_hours(self) -> int | None:
        """The age limit in force: what was set, else that of the kind of source."""
        if self.data_source_backend == "csv" or "history_max_age_hours" in self.model_fields_set:
            return self.history_max_age_hours
        return LIVE_SOURCE_MAX_AGE_HOURS
