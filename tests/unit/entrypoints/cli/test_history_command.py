"""`mcp-core history`: in, listed, out; and killed in the middle."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr
from sqlalchemy import text

from adapters.database.database import Database
from domain.identity.sharing import HistoryOwner
from domain.ports.audit_log import AuditFilter
from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from entrypoints.container import Container, build_container
from entrypoints.settings import Settings
from tests.fakes.people import NOW, a_share, a_user, named
from tests.servers.databases import KINDS, migrator_of, new_target

ROOT = Path(__file__).resolve().parents[4]
HEADER = "service_id,metric_name,ts,value\n"
BIG_ROWS = 250_000


def settings_of(database: Database) -> dict[str, str]:
    return {
        "DATA_SOURCE_BACKEND": "database", "DATABASE_URL": database.target.url.render_as_string(hide_password=False),
    }  # fmt: skip


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    url = SecretStr(f"sqlite:///{tmp_path / 'history.sqlite3'}")
    container = build_container(Settings(_env_file=None, data_source_backend="database", database_url=url))
    yield container
    container.migrator().database.close()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    lines = [f"shop,avg_cpu,2026-11-{day:02d}T{hour:02d}:00:00Z,0.{hour}\n" for day in (1, 2, 4) for hour in range(24)]
    path.write_text(HEADER + "".join(lines))
    return path


def call(container: Container, *arguments: object) -> int:
    return run(["history", *map(str, arguments)], state=CliState(container))


def test_a_file_is_imported_and_listed(container: Container, rows: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(container, "import", rows) == 0
    told = capsys.readouterr()
    assert "72 lines = 72 accepted + 0 rejected; 72 samples of 1 series" in told.out
    assert "plans are made from" not in told.out
    assert call(container, "list", "-f", "json") == 0
    expected = {
        "service_id": "shop", "metric_name": "avg_cpu", "first_hour": "2026-11-01T00:00:00Z",
        "last_hour": "2026-11-04T23:00:00Z", "samples": 72, "hours": 72, "coverage": 0.75,
    }  # fmt: skip
    assert json.loads(capsys.readouterr().out) == [expected]
    call(container, "list", "-f", "yaml")
    assert yaml.safe_load(capsys.readouterr().out) == [expected]
    call(container, "list", "-f", "csv")
    assert list(csv.DictReader(capsys.readouterr().out.splitlines())) == [{k: str(v) for k, v in expected.items()}]
    call(container, "list")
    table = capsys.readouterr().out
    assert "2026-11-01 00:00" in table
    assert "75.0%" in table


def test_rejected_lines_are_listed_in_a_file(
    container: Container, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(HEADER + "a,cpu,2026-11-01T00:00:00Z,1\n" + "a,cpu,soon,1\n" * 9)
    report = tmp_path / "report.csv"
    assert call(container, "import", bad, "--report", report) == 1
    listed = list(csv.DictReader(report.read_text().splitlines()))
    assert [row["line"] for row in listed] == [str(line) for line in range(3, 12)]
    assert listed[0] == {
        "file": str(bad),
        "line": "3",
        "reason": "ts 'soon' is not a timestamp like 2026-11-23T14:00:00Z",
    }
    told = capsys.readouterr()
    assert told.err.count("is not a timestamp") == 5
    assert f"9 rejected lines are listed in {report}" in told.err
    assert "10 lines = 1 accepted + 9 rejected" in told.out


def test_a_wide_file_needs_a_service_and_a_start(container: Container, capsys: pytest.CaptureFixture[str]) -> None:
    wide = ROOT / "data" / "lstm_ready_cluster_data.csv"
    assert call(container, "import", wide) == 2
    assert "--service and --start" in capsys.readouterr().err
    assert call(container, "import", wide, "--service", "c", "--start", "2026-09-01T00:30:00Z") == 2
    assert "full hour" in capsys.readouterr().err
    assert call(container, "import", wide, "--service", "c", "--start", "2026-09-01T00:00:00Z") == 0
    assert "1,439 lines = 1,439 accepted + 0 rejected; 21,585 samples of 15 series" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, "", "a,b\n1,2\n"])
def test_a_file_that_cannot_be_used_is_named_in_one_line(
    container: Container, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    path = tmp_path / "no.csv"
    if content is not None:
        path.write_text(content)
    assert call(container, "import", path) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert str(path) in told


def test_it_says_when_plans_are_made_from_elsewhere(
    tmp_path: Path, rows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = SecretStr(f"sqlite:///{tmp_path / 'aside.sqlite3'}")
    container = build_container(Settings(_env_file=None, database_url=url))
    assert call(container, "import", rows) == 0
    container.migrator().database.close()
    assert "plans are made from csv: set DATA_SOURCE_BACKEND=database" in capsys.readouterr().out


def test_pruning_counts_first_and_then_deletes(
    container: Container, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    path = tmp_path / "ages.csv"
    ages = [now - timedelta(days=days) for days in (1, 10, 89, 91, 100, 400)]
    path.write_text(HEADER + "".join(f"shop,avg_cpu,{age:%Y-%m-%dT%H:%M:%SZ},1\n" for age in ages))
    call(container, "import", path)
    capsys.readouterr()
    assert call(container, "prune", "--older-than", "90d", "--dry-run") == 0
    assert capsys.readouterr().out.splitlines()[1] == "  shop avg_cpu: 3"
    assert call(container, "prune", "--older-than", "90d", "--yes") == 0
    assert "deleted 3 samples" in capsys.readouterr().out
    assert call(container, "prune", "--older-than", "90d", "--yes") == 0
    assert capsys.readouterr().out.startswith("0 samples of 0 series")
    assert container.history_store().coverage("shop")[0].samples == 3


@pytest.mark.parametrize("age", ["90", "d", "-1d", "0d", "90x", "999999w"])
def test_an_age_that_is_none_is_refused(container: Container, age: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(container, "prune", f"--older-than={age}", "--yes") == 2
    assert capsys.readouterr().err.count("\n") == 1


def big_file(folder: Path) -> Path:
    path = folder / "big.csv"
    with path.open("w") as file:
        file.write(HEADER)
        for service in range(50):
            for hour in range(BIG_ROWS // 50):
                moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
                file.write(f"service-{service},avg_cpu,{moment:%Y-%m-%dT%H:%M:%SZ},{service + hour / 8}\n")
    return path


def contents(database: Database) -> tuple[int, float]:
    """Rows, and the sum of all values, which is exact in eighths."""
    query = text("SELECT COUNT(*), SUM(value) FROM metric_history")
    count, total = database.read(lambda connection: connection.execute(query).one())
    return int(count), float(total or 0)


@pytest.mark.parametrize("kind", KINDS)
def test_an_import_killed_in_the_middle_is_simply_run_again(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(new_target(kind, request, tmp_path))
    request.addfinalizer(database.close)
    migrator_of(database).upgrade()
    path = big_file(tmp_path)
    environment = {**os.environ, **settings_of(database), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "entrypoints.cli", "history", "import", str(path)]
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not contents(database)[0] and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert 0 < contents(database)[0] < BIG_ROWS

    for name, value in settings_of(database).items():
        monkeypatch.setenv(name, value)
    state = CliState()
    assert run(["history", "import", str(path)], state=state) == 0
    state.container().migrator().database.close()
    expected = sum(service + hour / 8 for service in range(50) for hour in range(BIG_ROWS // 50))
    assert contents(database) == (BIG_ROWS, expected)


def test_a_history_is_taken_from_its_owner(container: Container, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(container, "disown", "shop") == 2
    assert "the history of 'shop' is nobody's" in capsys.readouterr().err
    accounts = container.accounts()
    with accounts.desk.database.transaction() as records:
        records.users.add(a_user("ada"))
        records.shares.claim(HistoryOwner(service_id="shop", owner_id=named("ada"), since=NOW))
        records.shares.add(a_share())
    assert call(container, "disown", "shop") == 0
    with accounts.desk.database.reading() as records:
        assert (records.shares.owners(), records.shares.all()) == ([], [])
        [entry] = records.audit.page(AuditFilter(), 5)
    assert (entry.event.action, entry.event.user_id) == ("history.disowned", named("ada"))
