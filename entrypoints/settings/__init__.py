"""Settings from the environment or a ``.env`` file, all checked at start-up; one module a section."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.errors import ConfigurationError
from entrypoints.settings.alerts import AlertSettings
from entrypoints.settings.database import DatabaseSettings
from entrypoints.settings.history import HistorySettings
from entrypoints.settings.planning import PlanningSettings
from entrypoints.settings.serving import ServingSettings


class Settings(AlertSettings, DatabaseSettings, HistorySettings, PlanningSettings, ServingSettings, BaseSettings):
    """Every setting with its unit and default; the README's table is checked against this class."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)


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
