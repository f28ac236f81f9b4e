"""DATA_SOURCE_BACKEND: plans from a database, from settings to notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dependency_injector import providers
from pydantic import SecretStr
from sqlalchemy import insert

from adapters.database import faults
from adapters.database.tables.history import METRIC_HISTORY, history_table
from domain.errors import ConfigurationError
from domain.plan import Plan
from domain.plan_request import read_plan_request
from domain.series import HOUR
from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from entrypoints.container import Container, build_container
from entrypoints.settings import Settings, load_settings
from tests.canaries import MYSQL_PASSWORD
from tests.fakes.world import NOW, body, no_model
from tests.servers.mariadb import MariaDb

ROWS = [
    {"service_id": "shop", "metric_name": "avg_cpu", "ts": NOW - step * HOUR, "value": 0.3 + 0.001 * step}
    for step in range(1, 49)
]


@pytest.fixture
def built() -> Iterator[list[Container]]:
    """Containers whose connections are closed at the end."""
    made: list[Container] = []
    yield made
    for container in made:
        container.remote_history().close()
        container.mysql_database().close()
        container.migrator().database.close()


def container_of(built: list[Container], **settings: object) -> Container:
    container = build_container(Settings(_env_file=None, **settings))  # type: ignore[arg-type]
    container.lstm_forecaster.override(providers.Callable(no_model))
    built.append(container)
    return container


def plan(container: Container, service: str = "shop") -> Plan:
    return container.plan_capacity()(read_plan_request(body(service)))


def test_an_sqlite_file_is_made_at_the_first_plan_and_its_rows_are_planned_from(
    built: list[Container], tmp_path: Path
) -> None:
    file = tmp_path / "new" / "history.sqlite3"
    container = container_of(built, data_source_backend="database", database_url=SecretStr(f"sqlite:///{file}"))
    assert plan(container).outlook.source == "fallback"
    with container.database().transaction() as connection:
        connection.execute(insert(METRIC_HISTORY), ROWS)
    container.window_cache().forget("shop")
    outlook = plan(container).outlook
    assert outlook.source == "statistical"
    assert outlook.history.observed_hours == 48


def mysql_settings(server: MariaDb, name: str) -> dict[str, object]:
    return {
        "data_source_backend": "mysql", "mysql_host": server.host, "mysql_port": server.port, "mysql_user": server.user,
        "mysql_database": name,
    }  # fmt: skip


def test_a_table_of_ones_own_on_a_server_is_planned_from(built: list[Container], mariadb: MariaDb) -> None:
    mariadb.execute("CREATE OR REPLACE DATABASE elsewhere")
    container = container_of(built, **mysql_settings(mariadb, "elsewhere"), mysql_table="load_2026")
    table = history_table("load_2026")
    with container.mysql_database().transaction() as connection:
        table.create(connection)
        connection.execute(insert(table), ROWS)
    assert plan(container).outlook.history.observed_hours == 48
    assert container.history().status().state == "ok"


@pytest.mark.parametrize("backend", ["database", "mysql"])
def test_without_the_database_a_plan_is_a_scenario_that_says_why(
    built: list[Container], mariadb: MariaDb, backend: str
) -> None:
    """The table is missing first; once it is there the same service plans from it, without a restart."""
    mariadb.execute(f"CREATE DATABASE late_{backend}")
    container = container_of(built, **{**mysql_settings(mariadb, f"late_{backend}"), "data_source_backend": backend})
    made = plan(container)
    assert made.outlook.source == "fallback"
    assert "mcp-core db upgrade" in made.notes
    container.migrator().upgrade()
    with container.mysql_database().transaction() as connection:
        connection.execute(insert(METRIC_HISTORY), ROWS)
    assert plan(container).outlook.history.observed_hours == 48


def test_the_doctor_says_what_to_do(
    built: list[Container], mariadb: MariaDb, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = mysql_settings(mariadb, "late") | {"mysql_password": SecretStr(MYSQL_PASSWORD)}
    assert run(["doctor", "-f", "csv"], state=CliState(container_of(built, **wrong))) == 1
    shown = capsys.readouterr().out
    history = next(line for line in shown.splitlines() if line.startswith("history,"))
    assert faults.NOT_LET_IN in history
    assert MYSQL_PASSWORD not in shown


def test_mysql_needs_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_SOURCE_BACKEND", "mysql")
    with pytest.raises(ConfigurationError, match=r"^setting MYSQL_HOST: DATA_SOURCE_BACKEND=mysql needs"):
        load_settings()


def test_history_of_a_live_source_is_too_old_after_a_week_unless_said_otherwise() -> None:
    live = {"data_source_backend": "database"}
    assert Settings(_env_file=None).history_age_limit_hours is None
    assert Settings(_env_file=None, **live).history_age_limit_hours == 168  # type: ignore[arg-type]
    assert Settings(_env_file=None, **live, history_max_age_hours="").history_age_limit_hours is None  # type: ignore[arg-type]
    assert Settings(_env_file=None, **live, history_max_age_hours=24).history_age_limit_hours == 24  # type: ignore[arg-type]
