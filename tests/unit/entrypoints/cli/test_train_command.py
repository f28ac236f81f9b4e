"""``mcp-core train`` as a user types it; the trainer itself is tested with the adapters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dependency_injector import providers

from entrypoints.cli.context import CliState, ExitCode
from entrypoints.cli.main import run
from entrypoints.container import build_container
from entrypoints.settings import Settings
from tests.fakes.model_trainer import DigestingTrainer


@pytest.fixture
def trainer() -> DigestingTrainer:
    """What the command trains with; what the command chose about the model is in ``chosen``."""
    return DigestingTrainer()


@pytest.fixture
def state(trainer: DigestingTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliState:
    """A folder with files of every name the commands below use."""

    def make(**chosen: object) -> DigestingTrainer:
        trainer.chosen = chosen
        return trainer

    container = build_container(Settings(_env_file=None))
    container.service_trainer.override(providers.Callable(make))
    container.cluster_trainer.override(providers.Callable(make))
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.parquet", "wide.csv"):
        Path(name).write_text("header\nline\n")
    return CliState(container)


def test_several_sources_may_follow_one_option(
    state: CliState, trainer: DigestingTrainer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    command = [
        "train",
        "service",
        "--source",
        "a.csv",
        "b.parquet",
        "--leave-out",
        "x",
        "--epochs",
        "3",
        "--out",
        str(out),
    ]
    assert run(command, state) == ExitCode.OK
    assert trainer.options is not None
    assert trainer.sources == (Path("a.csv"), Path("b.parquet"))
    assert (trainer.chosen["leave_out"], trainer.options.epochs, trainer.options.test_share) == (["x"], 3, 0.12)
    manifest = json.loads((out / "manifest.json").read_text())
    assert set(manifest["files"]) == {"a.h5", "model_card.md"}
    printed = capsys.readouterr()
    assert "two weeks of history: MAE 0.700, pinball loss 0.650" in printed.out
    assert "0.0 min left" in printed.err


def test_without_a_source_the_configured_history_teaches(
    state: CliState, trainer: DigestingTrainer, tmp_path: Path
) -> None:
    assert run(["train", "service", "--out", str(tmp_path / "model")], state) == ExitCode.OK
    assert trainer.options is not None
    assert trainer.sources == ()


def test_the_real_trainer_is_given_the_configured_history() -> None:
    container = build_container(Settings(_env_file=None))
    assert container.service_trainer()._history is container.history()


@pytest.mark.parametrize("option", ["--dataset", "--leave-out"])
def test_data_sets_are_chosen_among_files_only(
    state: CliState, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert run(["train", "service", option, "x"], state) == ExitCode.USAGE
    assert "--source" in capsys.readouterr().err


def test_the_cluster_s_lookback_and_target_are_handed_on(
    state: CliState, trainer: DigestingTrainer, tmp_path: Path
) -> None:
    command = ["train", "cluster", "--csv-path", "wide.csv", "--sequence-length", "48", "--target-col", "avg_cpu"]
    assert run([*command, "--with-data", "--out", str(tmp_path / "model")], state) == ExitCode.OK
    chosen = trainer.chosen
    assert (chosen["sequence_length"], chosen["target_column"], chosen["with_data"]) == (48, "avg_cpu", True)
    assert trainer.sources == (Path("wide.csv"),)


def test_notes_that_cannot_be_read_are_named_before_anything_is_trained(
    state: CliState, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "service", "--source", "a.csv", "--data-notes", str(tmp_path / "none.md")]
    assert run(command, state) == ExitCode.USAGE
    assert "--data-notes" in capsys.readouterr().err
