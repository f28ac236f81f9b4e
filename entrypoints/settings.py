"""Settings from the environment or a ``.env`` file, all checked at start-up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.errors import ConfigurationError
from entrypoints.assets import asset_path


def _empty_is_none(raw: object) -> object:
    """An empty value means: none."""
    return None if raw == "" else raw


OptionalPath = Annotated[Path | None, BeforeValidator(_empty_is_none)]
OptionalHours = Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(_empty_is_none)]


class Settings(BaseSettings):
    """Every setting with its unit and default; the README's table is checked against this class."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

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
    flavor_catalog_path: OptionalPath = Field(
        None, description="Own flavor catalogue (CSV), laid over the shipped one; empty: none"
    )
    flavor_discounts: Annotated[dict[str, float], NoDecode] = Field(
        default_factory=dict, description="Discount in percent per provider, for example aws=12.5,azure=5"
    )
    model_dir: Path = Field(default_factory=lambda: asset_path("models"), description="Folder of the trained models")
    routes_path: Path = Field(
        default_factory=lambda: asset_path("models/routes.toml"), description="Routing table (TOML)"
    )
    anomaly_z: float = Field(
        3.0, gt=0, le=1000, allow_inf_nan=False, description="z-score from which on a day is an anomaly"
    )
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on")
    max_body_bytes: int = Field(1_048_576, ge=1024, le=104_857_600, description="Largest request body, bytes")
    max_json_depth: int = Field(64, ge=4, le=512, description="Deepest nesting of a request body")
    header_timeout_seconds: float = Field(
        5.0, ge=0.1, le=600, description="Time a client has to send its headers, seconds"
    )
    body_timeout_seconds: float = Field(30.0, gt=0, le=600, description="Time a client has to send its body, seconds")
    drain_seconds: float = Field(
        25.0, ge=0, le=600, description="Time accepted requests have to finish on stop, seconds"
    )
    max_threads: int = Field(4, ge=1, le=256, description="Requests planned at the same time")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level logged")

    @field_validator("flavor_discounts", mode="before")
    @classmethod
    def _parse_discounts(cls, raw: object) -> object:
        if not isinstance(raw, str):
            return raw
        parts = [part.strip() for part in raw.split(",") if part.strip()]
        pairs = [part.partition("=") for part in parts]
        if any(not sign or not name.strip() for name, sign, _ in pairs):
            raise ValueError("write provider=percent, separated by commas")
        names = [name.strip() for name, _, _ in pairs]
        if len(set(names)) < len(names):
            raise ValueError("name each provider once")
        return {name.strip(): float(percent) for name, _, percent in pairs}

    @field_validator("flavor_discounts")
    @classmethod
    def _check_discounts(cls, discounts: dict[str, float]) -> dict[str, float]:
        if any(not 0 <= percent < 100 for percent in discounts.values()):
            raise ValueError("a discount must be at least 0 and below 100 percent")
        return discounts


def load_settings() -> Settings:
    """Read and check all settings.

    Raises:
        ConfigurationError: One line that names the first wrong setting and what was expected.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"][:1]).upper()
        raise ConfigurationError(f"setting {name}: {first['msg']}") from None
