"""`mcp-core plan` and `doctor`, as a pipeline and a person use them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import yaml

from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from tests.fakes.world import World, body

OPTIONS = ["plan", "--service", "shop", "--metric", "avg_cpu", "--at", "2026-11-23T11:30:00Z"]


@pytest.fixture
def world() -> World:
    """One service."""
    world = World()
    world.lives("shop", "avg_cpu", 336)
    world.lives("shop", "requests", 336, level=1000, swing=300)
    return world


def call(world: World, *arguments: str) -> int:
    """Run one command line over the world."""
    return run(list(arguments), state=CliState(world.container()))


def test_json_is_the_very_body_of_the_http_interface(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(world, *OPTIONS, "-f", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == ["prediction", "recommended_flavor", "expected_cost_per_day", "generated_at", "notes"]
    assert len(answer["prediction"]["predictions"]) == 24


def test_yaml_says_the_same_as_json(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call(world, *OPTIONS, "-f", "json")
    as_json = json.loads(capsys.readouterr().out)
    call(world, *OPTIONS, "-f", "yaml")
    assert yaml.safe_load(capsys.readouterr().out)["recommended_flavor"] == as_json["recommended_flavor"]


def test_csv_has_one_row_an_hour(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call(world, *OPTIONS, "--metric", "requests", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["metric_name"] for row in rows] == ["avg_cpu"] * 24 + ["requests"] * 24
    assert rows[0]["time"] == "2026-11-23T12:00:00Z"


def test_the_table_shows_day_flavor_cost_and_why(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(world, *OPTIONS) == 0
    shown = capsys.readouterr().out
    assert "shop · avg_cpu" in shown
    assert "USD per day" in shown
    assert "the statistical baseline answers" in shown


@pytest.mark.parametrize("from_file", [True, False])
def test_a_request_comes_from_a_file_or_standard_input(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], from_file: bool
) -> None:
    content = json.dumps(body("shop")).encode()
    (tmp_path / "request.json").write_bytes(content)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert call(world, "plan", str(tmp_path / "request.json") if from_file else "-", "-f", "json") == 0
    assert json.loads(capsys.readouterr().out)["prediction"]["service_id"] == "shop"


def test_a_budget_that_is_broken_exits_with_3_and_an_anomaly_with_4(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(world, *OPTIONS, "--fail-over-cost", "1000") == 0
    assert call(world, *OPTIONS, "--fail-over-cost", "0.5") == 3
    assert "over the limit" in capsys.readouterr().err
    assert call(world, *OPTIONS, "--fail-on-anomaly") == 0
    assert call(world, *OPTIONS, "--fail-on-anomaly", "--weight", "30") == 4
    assert call(world, *OPTIONS, "--fail-on-anomaly", "--fail-over-cost", "0.5", "--weight", "30") == 3


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["plan"], "--service"),
        ([*OPTIONS, "--risk", "2"], "risk"),
        ([*OPTIONS, "--provider", "aws"], "region"),
        (["plan", "--service", "shop", "--metric", "latency"], "latency"),
        (["plan", "/nowhere.json"], "nowhere.json"),
        ([*OPTIONS, "--current-flavor", "x9"], "x9"),
        ([*OPTIONS, "-f", "xml"], "xml"),
    ],
)
def test_a_mistake_is_one_line_on_standard_error(
    world: World, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    assert call(world, *arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1
    assert named in said.err


def test_the_doctor_names_each_part_and_what_to_do(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(world, "doctor", "-f", "json") == 0
    found = {row["check"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(found) == ["settings", "history", "flavors", "routes", "models", "database", "alerts"]
    assert found["models"]["state"] == "degraded"
    assert "MODEL_DIR" in found["models"]["what_to_do"]


def test_the_doctor_fails_when_something_is_down(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.history.problem = "the file is gone"
    assert call(world, "doctor") == 1
    assert "the file is gone" in " ".join(capsys.readouterr().out.split())


def test_the_doctor_survives_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", "never")
    assert run(["doctor", "-f", "json"]) == 1
    assert "PORT" in json.loads(capsys.readouterr().out)[0]["reason"]
