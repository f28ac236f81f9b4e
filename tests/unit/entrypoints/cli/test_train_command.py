"""``mcp-core train`` as a user types it; the trainer itself is tested with the adapters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from dependency_injector import providers

from domain.ports.model_trainer import ModelTrainer, ProgressCallback, TrainedModel, TrainingOptions, TrainingProgress
from entrypoints.cli.context import CliState, ExitCode
from entrypoints.cli.main import run
from entrypoints.container import build_container
from entrypoints.settings import Settings


class WatchedTrainer(ModelTrainer):
    """Keeps what it was asked and hands back a model without content."""

    asked: ClassVar[dict[str, Any]] = {}

    def __init__(self, **chosen: object) -> None:
        WatchedTrainer.asked = dict(chosen)

    def train(
        self, sources: Sequence[Path], options: TrainingOptions, *, now: datetime, on_progress: ProgressCallback
    ) -> TrainedModel:
        WatchedTrainer.asked |= {"sources": list(sources), "options": options}
        on_progress(
            TrainingProgress(epoch=1, epochs=2, step=5, steps=10, loss=0.2, validation_loss=None, seconds_left=60.0)
        )
        return TrainedModel(
            name="service", files={"a.h5": b"abc"}, facts={"trained_at": now.isoformat()},
            figures={"two weeks": {"overall": {"mae_ratio": 0.7, "pinball_ratio": 0.65}}},
        )  # fmt: skip


@pytest.fixture
def state() -> CliState:
    container = build_container(Settings(_env_file=None))
    container.service_trainer.override(providers.Factory(WatchedTrainer))
    container.cluster_trainer.override(providers.Factory(WatchedTrainer))
    return CliState(container)


def test_several_sources_may_follow_one_option(
    state: CliState, tmp_path: Path, capsys: pytest.CaptureFixture[str]
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
    asked = WatchedTrainer.asked
    assert asked["sources"] == [Path("a.csv"), Path("b.parquet")]
    assert (asked["leave_out"], asked["options"].epochs, asked["options"].test_share) == (["x"], 3, 0.12)
    manifest = json.loads((out / "manifest.json").read_text())
    assert set(manifest["files"]) == {"a.h5", "model_card.md"}
    printed = capsys.readouterr()
    assert "two weeks of history: MAE 0.700, pinball loss 0.650" in printed.out
    assert "1.0 min left" in printed.err


def test_without_a_source_the_configured_history_teaches(state: CliState, tmp_path: Path) -> None:
    assert run(["train", "service", "--out", str(tmp_path / "model")], state) == ExitCode.OK
    assert WatchedTrainer.asked["sources"] == []


def test_the_real_trainer_is_given_the_configured_history() -> None:
    container = build_container(Settings(_env_file=None))
    assert container.service_trainer()._history is container.history()


@pytest.mark.parametrize("option", ["--dataset", "--leave-out"])
def test_data_sets_are_chosen_among_files_only(
    state: CliState, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert run(["train", "service", option, "x"], state) == ExitCode.USAGE
    assert "--source" in capsys.readouterr().err


def test_the_cluster_s_lookback_and_target_are_handed_on(state: CliState, tmp_path: Path) -> None:
    command = ["train", "cluster", "--csv-path", "wide.csv", "--sequence-length", "48", "--target-col", "avg_cpu"]
    assert run([*command, "--with-data", "--out", str(tmp_path / "model")], state) == ExitCode.OK
    asked = WatchedTrainer.asked
    assert (asked["sequence_length"], asked["target_column"], asked["with_data"]) == (48, "avg_cpu", True)
    assert asked["sources"] == [Path("wide.csv")]


def test_notes_that_cannot_be_read_are_named_before_anything_is_trained(
    state: CliState, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "service", "--source", "a.csv", "--data-notes", str(tmp_path / "none.md")]
    assert run(command, state) == ExitCode.USAGE
    assert "--data-notes" in capsys.readouterr().err
