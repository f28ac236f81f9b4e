"""Prometheus as the source of metric history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, field_validator

from entrypoints.assets import asset_path
from entrypoints.settings.fields import empty_is_none

OptionalText = Annotated[str | None, BeforeValidator(empty_is_none)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(empty_is_none)]


class PrometheusSettings(BaseModel):
    """Where Prometheus is, who asks, and with which queries."""

    prometheus_url: OptionalText = Field(
        None, description="Address of Prometheus, for example http://prometheus:9090; needed for the backend prometheus"
    )
    prometheus_token: OptionalSecret = Field(None, description="Bearer token for Prometheus; empty: none")
    prometheus_user: OptionalText = Field(None, description="User for Prometheus (basic authentication); empty: none")
    prometheus_password: OptionalSecret = Field(None, description="Password of that user; empty: none")
    prometheus_queries_path: Path = Field(
        default_factory=lambda: asset_path("data/prometheus_queries.toml"),
        description="Map from metric names to PromQL (TOML)",
    )
    prometheus_timeout_seconds: float = Field(
        8.0, gt=0, le=600, description="Time Prometheus has to answer all queries of a history, seconds"
    )

    @field_validator("prometheus_url")
    @classmethod
    def _check_prometheus_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as http://prometheus:9090")
        if parts.username is not None or parts.password is not None:
            raise ValueError("must not hold credentials: use PROMETHEUS_USER and PROMETHEUS_PASSWORD")
        if parts.query or parts.fragment or not url.isascii() or any(c.isspace() for c in url):
            raise ValueError("must be scheme, host, port and path only")
        _ = parts.port  # raises ValueError when it is none
        return url
