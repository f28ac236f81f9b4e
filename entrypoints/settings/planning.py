"""What plans are made with: flavors and prices, routes, thresholds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, field_validator
from pydantic_settings import NoDecode

from domain.detector_name import DetectorName
from entrypoints.assets import asset_path
from entrypoints.settings.fields import OptionalPath


class PlanningSettings(BaseModel):
    """Catalogue, routing table and anomaly threshold."""

    flavor_catalog_path: OptionalPath = Field(
        None, description="Own flavor catalogue (CSV), laid over the shipped one; empty: none"
    )
    flavor_discounts: Annotated[dict[str, float], NoDecode] = Field(
        default_factory=dict, description="Discount in percent per provider, for example aws=12.5,azure=5"
    )
    routes_path: Path = Field(
        default_factory=lambda: asset_path("models/routes.toml"), description="Routing table (TOML)"
    )
    anomaly_detector: DetectorName = Field(
        DetectorName.Z_SCORE, description="Whose verdict counts: z_score, robust, seasonal or observed"
    )
    anomaly_z: float = Field(
        3.0, gt=0, le=1000, allow_inf_nan=False, description="Score from which on it is an anomaly"
    )

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
