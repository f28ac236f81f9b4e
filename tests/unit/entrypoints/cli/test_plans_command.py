"""`mcp-core plans`: what the command line planned is kept, found, and held against what happened."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.world import NOW, World
from tests.unit.entrypoints.cli.test_plan_command import OPTIONS, call


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(settings={"plan_spool_dir": tmp_path / "spool"})
    world.lives("shop", "avg_cpu", 336)
    world.lives("shop", "requests", 336, level=1000, swing=300)
    return world


def planned(world: World, capsys: pytest.CaptureFixture[str]) -> str:
    assert call(world, *OPTIONS) == 0
    return capsys.readouterr().out.splitlines()[-1].rpartition(" ")[2]


def test_a_plan_of_the_command_line_is_kept(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    plan_id = planned(world, capsys)
    assert call(world, "plans", "list", "-f", "json") == 0
    (item,) = json.loads(capsys.readouterr().out)
    assert (item["plan_id"], item["service_id"], item["kind"]) == (plan_id, "shop", "day")
    assert call(world, "plans", "list") == 0
    assert plan_id in capsys.readouterr().out


def test_machine_readable_output_stays_the_frozen_body(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(world, *OPTIONS, "-f", "json") == 0
    captured = capsys.readouterr()
    assert next(iter(json.loads(captured.out))) == "prediction"
    assert captured.err == ""


def test_show_puts_what_happened_beside_the_forecast(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    plan_id = planned(world, capsys)
    assert call(world, "plans", "show", plan_id) == 0
    assert "none of its hours has been observed yet" in capsys.readouterr().out
    world.history.add("shop", "avg_cpu", datetime(2026, 11, 23, 12, tzinfo=UTC), [0.0, 0.9])
    world.clock.moment = NOW + timedelta(hours=3)
    assert call(world, "plans", "show", plan_id) == 0
    assert "2 hours observed" in capsys.readouterr().out
    assert call(world, "plans", "show", plan_id, "-f", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["actual"] for row in rows[:3]] == ["0.0", "0.9", ""]


def test_accuracy_sums_up_by_service_metric_and_model(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    planned(world, capsys)
    planned(world, capsys)
    call(world, *OPTIONS, "--weight", "2")
    world.history.add("shop", "avg_cpu", datetime(2026, 11, 23, 12, tzinfo=UTC), [0.0, 0.0])
    world.clock.moment = NOW + timedelta(hours=3)
    capsys.readouterr()
    assert call(world, "plans", "accuracy", "-f", "json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["service_id"], row["metric_name"], row["plans"], row["hours"]) == ("shop", "avg_cpu", 1, 2)
    assert row["wape"] is None
    assert row["at_most_p50"] == 1.0
    assert call(world, "plans", "accuracy") == 0
    assert "3 plans looked at; of them 1 repeat another, 1 are weighted, 0 have" in capsys.readouterr().out


def test_a_database_that_is_away_is_one_line_and_no_failure(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.kept.problem = "the database does not answer"
    assert call(world, *OPTIONS, "-f", "json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["recommended_flavor"]
    assert captured.err.count("\n") == 1
    assert "not stored (the database does not answer); it is kept on disk" in captured.err


def test_an_unknown_plan_or_a_wrong_filter_is_one_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(world, "plans", "show", "x") == 2
    assert call(world, "plans", "list", "--since", "yesterday") == 2
    said = capsys.readouterr().err.splitlines()
    assert "no kept plan of this id" in said[0]
    assert "since: expected a time in ISO 8601" in said[1]


def test_old_plans_are_forgotten(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    planned(world, capsys)
    world.clock.moment += timedelta(days=91)
    assert call(world, "plans", "prune", "--older-than", "100") == 0
    assert call(world, "plans", "prune") == 0
    assert capsys.readouterr().out.splitlines() == ["0 plans forgotten", "1 plans forgotten"]
