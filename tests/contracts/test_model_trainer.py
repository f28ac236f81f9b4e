"""Contract of the port ModelTrainer: one suite over the fake and both trainers, on a network of a few units."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.training.cluster_recipe import ClusterRecipe
from adapters.training.cluster_trainer import KerasClusterTrainer
from adapters.training.service_trainer import KerasServiceTrainer, ServiceRecipe
from application.model_card import render_card
from domain.covariates import ALL_COLUMNS
from domain.errors import ConfigurationError, InvalidData
from domain.ports.model_trainer import ModelTrainer, TrainedModel, TrainingOptions, TrainingProgress
from tests.fakes.model_store import InMemoryModelStore
from tests.fakes.model_trainer import DigestingTrainer
from tests.training_files import services_file, wide_file

if importlib.util.find_spec("tensorflow") is None and not os.environ.get("CI"):
    pytest.skip("TensorFlow is not installed: the extra 'train' brings it", allow_module_level=True)

# Keras says, in a warning, that it prefers its own format to the .h5 that is asked for.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:keras", "ignore::DeprecationWarning")

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
EPOCHS = 2
LONG_HEADER = "service_id,metric_name,ts,value\n"
# They tell how long the run took.
CLOCKED = (".json", ".pkl")


@dataclass(frozen=True)
class Bench:
    """A trainer, a file that it learns from, and the header of one."""

    trainer: ModelTrainer
    source: Path
    header: str

    def train(self, *sources: Path) -> tuple[TrainedModel, list[TrainingProgress]]:
        options = TrainingOptions(
            epochs=EPOCHS, batch_size=16, learning_rate=0.01, patience=50, validation_share=0.15, test_share=0.15,
            seed=3,
        )  # fmt: skip
        seen: list[TrainingProgress] = []
        return self.trainer.train(sources or [self.source], options, now=NOW, on_progress=seen.append), seen


def _fake(folder: Path) -> Bench:
    return Bench(DigestingTrainer(), services_file(folder / "services.csv"), LONG_HEADER)


def _service(folder: Path) -> Bench:
    recipe = ServiceRecipe(
        units=4, second_units=3, dense_units=5, steps_per_epoch=3, validation_windows=64, calibration_windows=64
    )
    return Bench(KerasServiceTrainer(recipe), services_file(folder / "services.csv"), LONG_HEADER)


def _cluster(folder: Path) -> Bench:
    recipe = ClusterRecipe(units=3, second_units=3, dense_units=4)
    return Bench(KerasClusterTrainer(recipe), wide_file(folder / "wide.csv", 400), ",".join(ALL_COLUMNS) + "\n")


BENCHES: dict[str, Callable[[Path], Bench]] = {"fake": _fake, "service": _service, "cluster": _cluster}


@pytest.fixture(scope="module", params=sorted(BENCHES))
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return BENCHES[request.param](tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def trained(bench: Bench) -> tuple[TrainedModel, list[TrainingProgress]]:
    """One run."""
    return bench.train()


def test_what_was_trained_can_be_stored_and_described(
    bench: Bench, trained: tuple[TrainedModel, list[TrainingProgress]]
) -> None:
    model, _ = trained
    store = InMemoryModelStore()
    store.save(model, now=NOW)
    assert all(store.files.values())
    assert model.name in ("service", "cluster")
    assert model.facts["trained_at"] == NOW.isoformat()
    json.dumps([dict(model.facts), dict(model.figures)])
    card = render_card(model)
    assert NOW.isoformat() in card
    assert str(bench.source.parent) not in card


def test_figures_are_relative_to_the_daily_seasonal_naive(trained: tuple[TrainedModel, list[TrainingProgress]]) -> None:
    model, _ = trained
    assert model.figures
    for figures in model.figures.values():
        overall = figures["overall"]  # type: ignore[index]
        assert overall["mae_ratio"] > 0
        assert overall["pinball_ratio"] > 0


def test_progress_goes_from_the_first_epoch_to_the_last(trained: tuple[TrainedModel, list[TrainingProgress]]) -> None:
    _, seen = trained
    assert all(1 <= one.epoch <= one.epochs == EPOCHS and 1 <= one.step <= one.steps for one in seen)
    assert all((a.epoch, a.step) <= (b.epoch, b.step) for a, b in pairwise(seen))
    assert all(one.seconds_left >= 0 and one.loss >= 0 for one in seen)
    assert (seen[-1].epoch, seen[-1].step) == (EPOCHS, seen[-1].steps)
    assert seen[-1].validation_loss is not None


def test_the_same_run_gives_the_same_model(bench: Bench, trained: tuple[TrainedModel, list[TrainingProgress]]) -> None:
    first, (second, _) = trained[0], bench.train()
    assert set(second.files) == set(first.files)
    assert all(first.files[name] == second.files[name] for name in first.files if not name.endswith(CLOCKED))
    assert second.figures == first.figures
    assert _untimed(second) == _untimed(first)


def _untimed(model: TrainedModel) -> dict[str, object]:
    return {name: fact for name, fact in model.facts.items() if name != "seconds"}


def test_a_source_that_is_not_there_is_named_without_its_folder(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match=r"^absent\.csv: .+") as caught:
        bench.train(tmp_path / "absent.csv")
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("lines", [[], ["{row}"]], ids=["empty", "one line"])
def test_too_little_to_learn_from_is_told(bench: Bench, tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "little.csv"
    row = bench.source.read_text().splitlines()[1]
    path.write_text("\n".join(line.format(row=row) for line in [bench.header.rstrip("\n"), *lines]))
    with pytest.raises(InvalidData, match=r"\w") as caught:
        bench.train(path)
    assert str(tmp_path) not in str(caught.value)


def test_without_the_libraries_it_is_said_what_to_install(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    if isinstance(bench.trainer, DigestingTrainer):
        monkeypatch.setattr(bench.trainer, "problem", "training needs keras; install the extra 'train'")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "keras" else object())
    with pytest.raises(ConfigurationError, match=r"keras.*extra 'train'"):
        bench.train()
