"""Where metric history comes from."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from entrypoints.assets import asset_path
from entrypoints.settings.fields import OptionalHours, OptionalPath


class HistorySettings(BaseModel):
    """Source of metric history, and how old it may be."""

    data_source_backend: Literal["csv"] = Field("csv", description="Where metric history comes from: csv")
    csv_data_path: OptionalPath = Field(
        default_factory=lambda: asset_path("data/lstm_ready_cluster_data.csv"),
        description="Wide CSV file of the cluster, 84 columns; empty: none",
    )
    csv_services_path: OptionalPath = Field(
        default_factory=lambda: asset_path("data/sample_services.csv"),
        description="Long CSV file service_id,metric_name,ts,value; empty: none",
    )
    history_max_age_hours: OptionalHours = Field(
        None, description="Hours after which history counts as none; empty: no limit"
    )
