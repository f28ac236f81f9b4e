"""Settings from the environment or a ``.env`` file, all checked at start-up; one module a section."""

from __future__ import annotations

from typing import Self

from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import ConfigurationError
from entrypoints.settings.access import AccessSettings
from entrypoints.settings.accounts import AccountSettings
from entrypoints.settings.alerts import AlertSettings
from entrypoints.settings.database import DatabaseSettings
from entrypoints.settings.history import HistorySettings
from entrypoints.settings.mail import MailSettings
from entrypoints.settings.models import ModelSettings
from entrypoints.settings.planning import PlanningSettings
from entrypoints.settings.plans import PlanSettings
from entrypoints.settings.prometheus import PrometheusSettings
from entrypoints.settings.repositories import RepositorySettings
from entrypoints.settings.serving import ServingSettings


class Settings(
    AccessSettings,
    AccountSettings,
    AlertSettings,
    DatabaseSettings,
    HistorySettings,
    MailSettings,
    ModelSettings,
    PlanSettings,
    PlanningSettings,
    PrometheusSettings,
    RepositorySettings,
    ServingSettings,
    BaseSettings,
):
    """Every setting with its unit and default; the README's table is checked against this class."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        """What one setting asks of another; the message begins with the name of the one to correct."""
        if self.data_source_backend == "mysql" and self.mysql_host is None:
            raise ValueError("MYSQL_HOST: DATA_SOURCE_BACKEND=mysql needs the server's name")
        if self.data_source_backend == "prometheus" and self.prometheus_url is None:
            raise ValueError("PROMETHEUS_URL: DATA_SOURCE_BACKEND=prometheus needs its address")
        return self


def load_settings() -> Settings:
    """Read and check all settings.

    Raises:
        ConfigurationError: One line that names the first wrong setting and what was expected.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "".join(f"{part}: ".upper() for part in first["loc"][:1])
        said = first["msg"] if name else first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"setting {name}{said}") from None
