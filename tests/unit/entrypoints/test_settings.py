"""Settings are checked at start-up, and documented where users look."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from entrypoints.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No .env file and no setting of the developer's."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_defaults_point_at_what_is_shipped() -> None:
    settings = load_settings()
    assert settings.csv_services_path is not None
    assert settings.csv_services_path.is_file()
    assert settings.routes_path.is_file()
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"), ("PORT", "http"), ("ANOMALY_Z", "0"), ("ANOMALY_Z", "nan"), ("LOG_LEVEL", "LOUD"),
        ("DATA_SOURCE_BACKEND", "csvv"), ("FLAVOR_DISCOUNTS", "aws"), ("FLAVOR_DISCOUNTS", "aws=100"),
        ("FLAVOR_DISCOUNTS", "aws=x"), ("FLAVOR_DISCOUNTS", "aws=5,aws=7"), ("HISTORY_MAX_AGE_HOURS", "0"),
        ("MAX_BODY_BYTES", "1"), ("MAX_JSON_DEPTH", "9999"), ("BODY_TIMEOUT_SECONDS", "inf"), ("MAX_THREADS", "0"),
        ("DATABASE_URL", "postgresql://u:geheim@h/d"), ("DATABASE_URL", "mysql://h"), ("DATABASE_URL", "mysql://h:x/d"),
        ("DATABASE_URL", "sqlite://"), ("MYSQL_PORT", "0"), ("MYSQL_TABLE", "a b"), ("MYSQL_TABLE", "a`; DROP TABLE x"),
        ("PROMETHEUS_URL", "prometheus:9090"), ("PROMETHEUS_URL", "ftp://p"), ("PROMETHEUS_URL", "http://u:geheim@p"),
        ("PROMETHEUS_URL", "http://p:x"), ("PROMETHEUS_URL", "http://p/?a=b"), ("PROMETHEUS_URL", "http://p/a b"),
        ("PROMETHEUS_TIMEOUT_SECONDS", "0"), ("HISTORY_PATIENCE_SECONDS", "0"), ("HISTORY_CACHE_SECONDS", "-1"),
        ("AUTH", "no"), ("PUBLIC_URL", "plans.example.org"), ("PUBLIC_URL", "https://plans.example.org?x=1"),
        ("PUBLIC_URL", "https://u:geheim@plans.example.org"), ("CORS_ORIGINS", "*"), ("CORS_ORIGINS", "https://a/"),
        ("TRUSTED_PROXIES", "proxy"), ("PUBLIC_ROUTES", "plans"), ("RATE_KEY_PER_MINUTE", "0"),
        ("RATE_PLANS_PER_MINUTE", "0"), ("RATE_ANALYSES_PER_HOUR", "0"),
        ("MYSQL_SSL_CA", "none-such.pem"),
        ("MYSQL_SSL_CA", __file__), ("DATABASE_TIMEOUT_SECONDS", "0"), ("ANOMALY_DETECTOR", "zscore"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_one_line_that_names_it(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert name in caught.value.message
    assert "\n" not in caught.value.message
    assert "geheim" not in caught.value.message


def test_empty_paths_and_ages_mean_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSV_DATA_PATH", "")
    monkeypatch.setenv("HISTORY_MAX_AGE_HOURS", "")
    settings = load_settings()
    assert (settings.csv_data_path, settings.history_max_age_hours) == (None, None)


def test_discounts_are_read_per_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAVOR_DISCOUNTS", "aws=12.5, azure=5")
    assert load_settings().flavor_discounts == {"aws": 12.5, "azure": 5.0}


def test_only_a_live_source_knows_that_a_week_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().history_age_limit_hours is None
    monkeypatch.setenv("DATA_SOURCE_BACKEND", "prometheus")
    with pytest.raises(ConfigurationError, match=r"^setting PROMETHEUS_URL: DATA_SOURCE_BACKEND=prometheus needs"):
        load_settings()
    monkeypatch.setenv("PROMETHEUS_URL", "https://prometheus.example/under")
    assert load_settings().history_age_limit_hours == 168
    monkeypatch.setenv("HISTORY_MAX_AGE_HOURS", "")
    assert load_settings().history_age_limit_hours is None
    monkeypatch.setenv("HISTORY_MAX_AGE_HOURS", "48")
    assert load_settings().history_age_limit_hours == 48


def test_the_example_file_holds_every_setting_and_only_those() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = {
        line.lstrip("# ").partition("=")[0]
        for line in lines
        if "=" in line and line.lstrip("# ").split("=")[0].isupper()
    }
    assert named == {name.upper() for name in Settings.model_fields}


def test_the_readme_documents_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("## Settings")[2].partition("\n## ")[0]
    named = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert named == {name.upper() for name in Settings.model_fields}
