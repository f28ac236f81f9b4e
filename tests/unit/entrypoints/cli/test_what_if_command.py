"""``mcp-core what-if``: options, file, formats and mistakes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from entrypoints.cli.context import CliState
from entrypoints.cli.main import run
from tests.fakes.world import World, body

AT = ("--at", "2026-11-23T11:30:00Z")


@pytest.fixture
def state() -> CliState:
    world = World()
    world.lives("shop", "avg_cpu", 336)
    return CliState(container=world.container())


def said(capsys: pytest.CaptureFixture[str], state: CliState, *arguments: str) -> str:
    assert run(["what-if", *arguments], state) == 0
    return capsys.readouterr().out


def test_the_table_shows_the_three_cases_and_what_was_assumed(
    capsys: pytest.CaptureFixture[str], state: CliState
) -> None:
    text = said(capsys, state, "--service", "shop", "--metric", "avg_cpu", *AT, "--users-factor", "3")
    for part in ("before", "after", "kept as before", "USD per day", "assumed: the load is 3 times"):
        assert part in text


def test_options_and_file_give_the_same_answer(
    capsys: pytest.CaptureFixture[str], state: CliState, tmp_path: Path
) -> None:
    options = ("--service", "shop", "--metric", "avg_cpu", *AT, "--to-replicas", "3", "-f", "json")
    path = tmp_path / "question.json"
    path.write_text(json.dumps(body("shop") | {"changes": {"replicas": 3}}))
    by_options, by_file = (
        json.loads(said(capsys, state, *arguments)) for arguments in (options, (str(path), "-f", "json"))
    )
    assert by_options["after"] == by_file["after"]
    assert by_file["after"]["replicas"] == 3


def test_csv_has_a_row_per_case(capsys: pytest.CaptureFixture[str], state: CliState) -> None:
    text = said(capsys, state, "--service", "shop", "--metric", "avg_cpu", *AT, "--to-risk", "0.2", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["case"], row["accepted_risk"]) for row in rows] == [
        ("before", "0.01"), ("after", "0.2"), ("unchanged", "0.01"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "--service"),
        (("--service", "shop"), "/changes"),
        (("--service", "shop", "--to-provider", "aws"), "needs a region"),
        (("none.json",), "cannot read none.json"),
    ],
)
def test_mistakes_are_told_in_one_line(
    capsys: pytest.CaptureFixture[str], state: CliState, arguments: tuple[str, ...], message: str
) -> None:
    assert run(["what-if", *arguments], state) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
