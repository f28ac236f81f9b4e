"""Windows out of a table: how they are read, what zones cannot do to them, and what is said when they cannot be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from adapters.database import faults
from adapters.database.database import Database
from adapters.database.tables.history import METRIC_HISTORY
from adapters.database.target import DatabaseTarget, sqlite_url, target_of_url
from adapters.history.sql_history import SqlMetricHistory
from adapters.history.sql_scan import scan
from domain.series import HOUR
from tests.servers.databases import migrator_of
from tests.servers.mariadb import MariaDb

START = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = ("avg_cpu", "cpu", "cpu_max", "requests")


def fill(database: Database, service: str, metric: str, hours: int, start: datetime = START) -> None:
    rows = [
        {"service_id": service, "metric_name": metric, "ts": start + step * HOUR, "value": float(step)}
        for step in range(hours)
    ]
    with database.transaction() as connection:
        connection.execute(insert(METRIC_HISTORY), rows)


@pytest.fixture
def history(database: Database) -> SqlMetricHistory:
    return SqlMetricHistory(lambda: database)


def plan_of(database: Database, metrics: int, hours: int) -> list[dict[str, object]]:
    """What the database says it would do for a window of ``shop``."""
    parameters = {"service": "shop", "end": "2027-01-01 00:00:00"} | {f"m{n}": NAMES[n] for n in range(metrics)}
    explain = "EXPLAIN QUERY PLAN " if database.target.is_sqlite else "EXPLAIN "
    with database.reading() as connection:
        statement = scan(connection.dialect, "metric_history", metrics, hours)
        return [dict(row._mapping) for row in connection.execute(text(explain + statement.text), parameters)]


def test_a_window_is_one_range_of_the_primary_key_per_metric(database: Database) -> None:
    for metric in NAMES[:2]:
        fill(database, "shop", metric, 2000)
        fill(database, "other", metric, 2000)
    steps = plan_of(database, 2, 24)
    if database.target.is_sqlite:
        said = [str(step["detail"]) for step in steps]
        ranges = [line for line in said if "(service_id=? AND metric_name=? AND ts>? AND ts<?)" in line]
        assert len(ranges) == 2
        assert not any("SCAN" in line.replace("SCAN CONSTANT ROW", "") for line in said)
    else:
        scans = [step for step in steps if step["table"] == "metric_history"]
        assert [(step["type"], step["key"]) for step in scans] == [("range", "PRIMARY")] * 2
        # The newest observation is looked up in the index before anything is read.
        assert all(int(str(step["rows"])) < 100 for step in scans)
        assert sum("optimized away" in str(step["Extra"]) for step in steps) == 2


def test_a_metric_that_stopped_long_ago_is_read_as_quickly(database: Database) -> None:
    fill(database, "shop", "avg_cpu", 2000)
    history = SqlMetricHistory(lambda: database)
    series = history.window("shop", NAMES, end=START + 20_000 * HOUR, hours=24).series["avg_cpu"]
    assert series.values.tolist() == list(range(1976, 2000))
    assert series.end == START + 2000 * HOUR


@pytest.fixture
def _seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A client whose clock is nine hours ahead of UTC."""
    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_seoul")
def test_no_zone_of_server_or_client_moves_an_hour(request: pytest.FixtureRequest, database: Database) -> None:
    """Rows are written and read through sessions of a server whose default zone is another one again."""
    server: MariaDb | None = None if database.target.is_sqlite else request.getfixturevalue("mariadb")
    if server is not None:
        server.execute("SET GLOBAL time_zone = '-05:00'")
        database.close()
    try:
        # Both nights on which clocks change in many places, and a time no TIMESTAMP could hold.
        for day in (
            datetime(2026, 3, 29, tzinfo=UTC),
            datetime(2026, 11, 1, tzinfo=UTC),
            datetime(2040, 1, 1, tzinfo=UTC),
        ):
            fill(database, f"at-{day:%Y-%m-%d}", "avg_cpu", 24, day)
            window = SqlMetricHistory(lambda: database).window(
                f"at-{day:%Y-%m-%d}", ("avg_cpu",), end=day + 24 * HOUR, hours=100
            )
            assert window.series["avg_cpu"].start == day
            assert window.series["avg_cpu"].values.tolist() == list(range(24))
        if server is not None:
            database_name = database.target.url.database
            stored = server.execute("SELECT MIN(ts) FROM metric_history", database=database_name)
            assert stored == [(datetime(2026, 3, 29),)]
    finally:
        if server is not None:
            server.execute("SET GLOBAL time_zone = 'SYSTEM'")


def test_names_that_no_row_can_have_are_unknown(database: Database, history: SqlMetricHistory) -> None:
    """MariaDB takes a name and the same with blanks behind it for equal; half a character cannot even be sent."""
    fill(database, "shop", "avg_cpu", 5)
    for service in ("shop ", "SHOP", "", "shop\udc80", "s" * 200, "shop'; --", "sh%p", ":end"):
        assert history.window(service, ("avg_cpu",), end=START + 9 * HOUR, hours=4).series == {}
    assert history.window("shop", ("avg_cpu ", "AVG_CPU", "\udc80"), end=START + 9 * HOUR, hours=4).series == {}


def test_a_row_counts_as_soon_as_it_is_there(database: Database, history: SqlMetricHistory) -> None:
    fill(database, "shop", "avg_cpu", 5)
    assert len(history.window("shop", ("avg_cpu",), end=START + 9 * HOUR, hours=24).series["avg_cpu"]) == 5
    fill(database, "shop", "avg_cpu", 1, START + 5 * HOUR)
    assert len(history.window("shop", ("avg_cpu",), end=START + 9 * HOUR, hours=24).series["avg_cpu"]) == 6


def test_a_table_of_the_operators_own_may_have_another_name_and_holes(empty_database: Database) -> None:
    """A reserved word as its name, times as TIMESTAMP would be kept, no key, a value that is missing."""
    with empty_database.transaction() as connection:
        name = connection.dialect.identifier_preparer.quote("order")
        connection.execute(
            text(f"CREATE TABLE {name} (service_id VARCHAR(40), metric_name TEXT, ts DATETIME, value FLOAT)")
        )
        for hour, value in ((0, 0.5), (1, None), (2, 0.25)):
            statement = f"INSERT INTO {name} VALUES ('shop', 'avg_cpu', '2026-03-01 0{hour}:00:00', :value)"  # noqa: S608
            connection.execute(text(statement), {"value": value})
    history = SqlMetricHistory(lambda: empty_database, table="order")
    window = history.window("shop", ("avg_cpu",), end=START + 9 * HOUR, hours=24)
    assert window.series["avg_cpu"].values.tolist() == [0.5, 0.5, 0.25]
    assert window.series["avg_cpu"].observed.tolist() == [True, False, True]
    assert window.notes == ("1 samples of shop have no finite value: left out",)
    assert history.status().state == "ok"


def test_an_empty_table_is_ok_and_says_how_to_fill_it(history: SqlMetricHistory) -> None:
    status = history.status()
    assert status.state == "ok"
    assert "mcp-core history import" in status.detail[0]
    assert history.services() == {}


def status_of(target: DatabaseTarget, table: str = "metric_history") -> tuple[str, str]:
    database = Database(target)
    try:
        status = SqlMetricHistory(lambda: database, table=table).status()
    finally:
        database.close()
    return status.state, status.reason


def test_each_trouble_is_one_line_that_says_what_to_do(mariadb: MariaDb, tmp_path: Path) -> None:
    mariadb.execute("CREATE DATABASE IF NOT EXISTS odd", "CREATE OR REPLACE TABLE odd.old (service_id INT)")
    good = target_of_url(mariadb.url("odd"))
    mariadb.execute("CREATE OR REPLACE USER 'watched' IDENTIFIED BY 'x'")
    for url, table, said in (
        (good, "metric_history", faults.NO_TABLE),
        (good, "old", faults.OLD_SCHEMA),
        (good.set(database="none_such"), "metric_history", faults.NO_DATABASE),
        (good.set(username="watched", password="y"), "metric_history", faults.NOT_LET_IN),
        (good.set(username="watched", password="x"), "metric_history", faults.NO_RIGHT),
        (good.set(port=1), "metric_history", faults.NO_ANSWER),
        (sqlite_url(tmp_path / "fresh.sqlite3"), "metric_history", faults.NO_TABLE),
        (sqlite_url(tmp_path), "metric_history", faults.CANNOT_OPEN),
    ):
        assert status_of(DatabaseTarget(url=url), table) == ("down", said)


def test_a_database_that_comes_back_is_used_again(mariadb: MariaDb, empty_database: Database) -> None:
    migrator_of(empty_database).upgrade()
    history = SqlMetricHistory(lambda: empty_database)
    fill(empty_database, "shop", "avg_cpu", 5)
    assert len(history.window("shop", ("avg_cpu",), end=START + 9 * HOUR, hours=24).series["avg_cpu"]) == 5
    if not empty_database.target.is_sqlite:
        for (number,) in mariadb.execute("SELECT id FROM information_schema.processlist WHERE db LIKE 'test%'"):
            mariadb.execute(f"KILL {number}")
    assert len(history.window("shop", ("avg_cpu",), end=START + 9 * HOUR, hours=24).series["avg_cpu"]) == 5
