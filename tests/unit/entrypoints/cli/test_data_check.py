"""``mcp-core data check``: what an operator sees and what a pipeline can branch on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from domain.covariates import ALL_COLUMNS
from domain.errors import DataSourceUnavailable
from entrypoints.cli.context import CliState
from entrypoints.cli.data import data_app
from entrypoints.container import build_container
from entrypoints.settings import Settings

Write = Callable[[str], Path]

HEADER = "service_id,metric_name,ts,value\n"
GOOD = "shop,avg_cpu,2026-11-23T00:00:00Z,0.25\n"


def check(path: Path, *options: str) -> int:
    command = typer.main.get_command(data_app)
    state = CliState(build_container(Settings(_env_file=None)))
    return int(command.main(args=["check", str(path), *options], standalone_mode=False, obj=state))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_text(text: str) -> Path:
        path = tmp_path / "f.csv"
        path.write_text(text)
        return path

    return write_text


def test_a_good_long_file_exits_with_0(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(HEADER + GOOD)) == 0
    shown = capsys.readouterr().out
    assert "long: service_id,metric_name,ts,value" in shown
    assert "1 = 1 accepted + 0 rejected" in shown
    assert "every line is good" in shown


def test_a_rejected_line_exits_with_1_and_is_named(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(HEADER + GOOD + GOOD.replace("0.25", "1_000"))) == 1
    shown = capsys.readouterr().out
    assert "2 = 1 accepted + 1 rejected" in shown
    assert "value '1_000' is not a number" in shown
    assert "1 lines would be left out" in shown


def test_warnings_alone_exit_with_0(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(HEADER + GOOD.replace("Z", ""))) == 0
    assert "read as UTC" in capsys.readouterr().out


def test_a_refused_file_exits_with_1(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write("a,b\n" + GOOD)) == 1
    assert "REFUSED    line 1: wrong header: missing column" in capsys.readouterr().out


def test_the_layout_is_told_from_the_header(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(",".join(ALL_COLUMNS[:-1]) + "\n")) == 1
    shown = capsys.readouterr().out
    assert "wide: one row per hour" in shown
    assert "missing column switches_complexity" in shown


def test_an_empty_file_is_refused(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write("")) == 1
    assert "the file is empty" in capsys.readouterr().out


def test_json_is_the_whole_report(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write(HEADER + GOOD + GOOD + "bad\n"), "-f", "json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["layout"], report["lines_read"], report["accepted"], report["rejected"]) == ("long", 3, 2, 1)
    assert report["rejections"] == [{"line": 4, "reason": "the line has 1 fields, 4 are expected"}]
    assert report["warnings"] == [{"kind": "duplicate_timestamp", "count": 1, "first_lines": [2]}]


def test_csv_and_yaml_hold_the_findings(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(HEADER + GOOD + "bad\n")
    assert check(path, "-f", "csv") == 1
    assert capsys.readouterr().out.splitlines()[:3] == [
        "finding,line,lines,reason",
        "accepted,,1,",
        'rejected,3,1,"the line has 1 fields, 4 are expected"',
    ]
    assert check(path, "-f", "yaml") == 1
    assert "rejected: 1" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataSourceUnavailable, match=r"absent\.csv: the file cannot be read \(No such file"):
        check(tmp_path / "absent.csv")
