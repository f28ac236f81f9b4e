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

    data_source_backend: Literal["csv", "database", "mysql", "prometheus"] = Field(
        "csv", description="Where metric history comes from: csv, database (DATABASE_URL), mysql (MYSQL_*), prometheus"
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
    history_patience_seconds: float = Field(
        0.6, gt=0, le=60, description="Longest wait of a plan for a remote history before it goes on without, seconds"
    )
    history_cache_seconds: float = Field(
        60.0,
        ge=0,
        le=3600,
        description="Time a window read from a remote history is used again, seconds; 0: not at all",
    )

    @property
    def history_is_remote(self) -> bool:
        """Whether histories come from a server, which may be slow or away."""
        return self.data_source_backend != "csv"

    @property
    def history_age_limit_hours(self) -> int | None:
        """The age limit in force: what was set, else that of the kind of source."""
        if not self.history_is_remote or "history_max_age_hours" in self.model_fields_set:
            return self.history_max_age_hours
        return LIVE_SOURCE_MAX_AGE_HOURS
