"""Prometheus as the settings name it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from adapters.history.prometheus_api import PrometheusAccess, basic, bearer
from adapters.history.prometheus_history import PrometheusMetricHistory
from adapters.history.prometheus_queries import load_queries
from domain.errors import ConfigurationError

# Without a limit on age, a service that was last seen a year ago is still found.
_UNLIMITED_REACH_HOURS: Final = 8784


def open_prometheus_history(
    *,
    url: str,
    token: SecretStr | None,
    user: str | None,
    password: SecretStr | None,
    queries_path: Path,
    timeout_seconds: float,
    max_age_hours: int | None,
    now: Callable[[], datetime],
) -> PrometheusMetricHistory:
    """Build the source; nothing is asked yet.

    Raises:
        ConfigurationError: Credentials are of two kinds or half, or the query map is wrong.
    """
    access = PrometheusAccess(
        url=url, authorization=_authorization(token, user, password), timeout_seconds=timeout_seconds
    )
    return PrometheusMetricHistory(
        access,
        load_queries(queries_path),
        reach_hours=max_age_hours or _UNLIMITED_REACH_HOURS,
        now=now,
    )


def _authorization(token: SecretStr | None, user: str | None, password: SecretStr | None) -> str | None:
    if (user is None) != (password is None):
        raise ConfigurationError("setting PROMETHEUS_USER: set it together with PROMETHEUS_PASSWORD, or neither")
    if user is not None and ":" in user:
        raise ConfigurationError("setting PROMETHEUS_USER: must not hold a colon, which ends it in the header")
    if token is not None and user is not None:
        raise ConfigurationError(
            "setting PROMETHEUS_TOKEN: set it or PROMETHEUS_USER and PROMETHEUS_PASSWORD, not both"
        )
    if token is not None:
        word = token.get_secret_value()
        if not word.isascii() or any(character.isspace() for character in word):
            raise ConfigurationError("setting PROMETHEUS_TOKEN: must be one ASCII word")
        return bearer(word)
    return basic(user, password.get_secret_value()) if user is not None and password is not None else None
