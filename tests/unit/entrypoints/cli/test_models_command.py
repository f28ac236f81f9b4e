"""``mcp-core models`` as a user sees it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from entrypoints.cli.context import CliState, ExitCode
from entrypoints.cli.main import run
from entrypoints.container import build_container
from entrypoints.settings import Settings

ROOT = Path(__file__).parents[4]
FIXTURES = ROOT / "tests" / "fixtures" / "models"


@pytest.fixture
def state(tmp_path: Path) -> CliState:
    """A model folder with one pair of others below it."""
    folder = tmp_path / "models" / "theirs"
    folder.mkdir(parents=True)
    shutil.copy(FIXTURES / "one_step.h5", folder / "best_mcp_lstm_model.h5")
    shutil.copy(FIXTURES / "sklearn_1_7.pkl", folder / "mcp_model_metadata.pkl")
    return CliState(build_container(Settings(model_dir=tmp_path / "models")))


def test_check_prints_what_the_model_is_and_a_day_of_numbers(
    state: CliState, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "models" / "theirs" / "best_mcp_lstm_model.h5"
    data = ROOT / "data" / "lstm_ready_cluster_data.csv"
    assert run(["models", "check", str(path), "--csv-path", str(data), "-f", "json"], state) == ExitCode.OK
    body = json.loads(capsys.readouterr().out)
    assert body["trusted"] is False
    assert body["kind"] == "foreign"
    assert (body["inputs"]["sequence_length"], body["inputs"]["n_features"]) == (24, 82)
    assert body["inputs"]["target"] == "total_events"
    assert len(body["forecast"]) == 24
    assert all(isinstance(value, float) and value > 0 for value in body["forecast"])


def test_check_takes_the_configured_data_and_prints_a_page(
    state: CliState, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "check", str(tmp_path / "models" / "theirs")], state) == ExitCode.OK
    page = capsys.readouterr().out
    assert "trusted   no" in page
    assert "Sequential: (24, 82) → LSTM(5)" in page
    assert "24 steps of 82 features (unique_machines, add_events" in page


def test_a_refusal_is_one_line_with_the_reason(
    state: CliState, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "models" / "theirs"
    shutil.copy(FIXTURES / "lambda.h5", folder / "best_mcp_lstm_model.h5")
    assert run(["models", "check", str(folder)], state) == ExitCode.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    expected = "mcp-core: best_mcp_lstm_model.h5: it holds 'Lambda', which is not a layer that can be loaded safely\n"
    assert captured.err == expected


def test_without_data_the_option_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = CliState(build_container(Settings(model_dir=tmp_path, csv_data_path=None)))
    assert run(["models", "check", str(tmp_path)], state) == ExitCode.USAGE
    assert "--csv-path" in capsys.readouterr().err


def test_list_shows_the_models_and_fails_when_one_would_be_refused(
    state: CliState, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "list", "-f", "json"], state) == ExitCode.ERROR
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["kind"], listed["trusted"]) == ("theirs", "foreign", False)
    assert "no manifest vouches" in listed["problem"]
    assert run(["models", "list"], state) == ExitCode.ERROR
    assert "theirs" in capsys.readouterr().out


def test_an_empty_folder_says_how_to_train(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = CliState(build_container(Settings(model_dir=tmp_path)))
    assert run(["models", "list"], state) == ExitCode.OK
    assert "mcp-core train" in capsys.readouterr().out
