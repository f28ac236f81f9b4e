"""Training from end to end, small: repeatable, resumable, and blind to what it must not see.

A run takes a second or two: a network of a few units and a handful of steps.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from adapters.forecasters.cluster_artefacts import CLUSTER_H5, CLUSTER_METADATA, CLUSTER_ONNX
from adapters.forecasters.onnx_lstm import OnnxLstmForecaster
from adapters.forecasters.service_artefacts import SERVICE_H5, SERVICE_METADATA, SERVICE_ONNX
from adapters.models_io.artefacts import write_artefacts
from adapters.models_io.metadata import read_metadata
from adapters.training.cluster_recipe import ClusterRecipe
from adapters.training.cluster_trainer import KerasClusterTrainer
from adapters.training.service_trainer import KerasServiceTrainer, ServiceRecipe
from domain.ports.model_trainer import TrainedModel, TrainingOptions, TrainingProgress
from tests.training_files import services_file, wide_file

if importlib.util.find_spec("tensorflow") is None and not os.environ.get("CI"):
    pytest.skip("TensorFlow is not installed: the extra 'train' brings it", allow_module_level=True)

# Keras says, in a warning, that it prefers its own format to the .h5 that is asked for.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:keras", "ignore::DeprecationWarning")

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SMALL = ServiceRecipe(
    units=4, second_units=3, dense_units=5, steps_per_epoch=3, validation_windows=64, calibration_windows=64
)
SMALL_CLUSTER = ClusterRecipe(units=3, second_units=3, dense_units=4)


class Interrupted(Exception):
    """What a user's Ctrl-C stands for here."""


def ignore(_: TrainingProgress) -> None:
    """Nobody watches."""


def options(epochs: int = 4, seed: int = 0, work_folder: Path | None = None, **changes: float) -> TrainingOptions:
    values: dict[str, float] = {"learning_rate": 0.01, "validation_share": 0.15, "test_share": 0.15} | changes
    return TrainingOptions(
        epochs=epochs,
        batch_size=16,
        patience=50,
        seed=seed,
        work_folder=work_folder,
        **values,
    )


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return services_file(tmp_path_factory.mktemp("data") / "services.csv")


def train(services: Path, asked: TrainingOptions, on_progress: object = ignore) -> TrainedModel:
    return KerasServiceTrainer(SMALL).train([services], asked, now=NOW, on_progress=on_progress)  # type: ignore[arg-type]


def networks(trained: TrainedModel, names: tuple[str, ...] = (SERVICE_H5, SERVICE_ONNX)) -> dict[str, bytes]:
    return {name: trained.files[name] for name in names}


@pytest.fixture(scope="module")
def whole(services: Path) -> TrainedModel:
    """A run nothing interrupted."""
    return train(services, options())


def test_another_seed_gives_another_network(whole: TrainedModel, services: Path) -> None:
    """That the same one gives the same is the contract's to ask."""
    assert networks(train(services, options(seed=1))) != networks(whole)


@pytest.mark.parametrize("epoch", [2])
def test_a_run_resumed_after_an_interruption_gives_the_artefacts_of_one_without(
    whole: TrainedModel, services: Path, tmp_path: Path, epoch: int
) -> None:
    def interrupt(progress: TrainingProgress) -> None:
        if progress.epoch == epoch:
            raise Interrupted

    asked = options(work_folder=tmp_path / "work")
    with pytest.raises(Interrupted):
        train(services, asked, interrupt)
    seen: list[int] = []
    resumed = train(services, asked, lambda progress: seen.append(progress.epoch))
    # It goes on where it was and not from the start. Reports are drawn together, so the first may come some epochs on.
    assert min(seen) >= epoch
    assert networks(resumed) == networks(whole)
    losses = [
        [(entry["loss"], entry["validation_loss"]) for entry in json.loads(one.files["training_history.json"])]
        for one in (whole, resumed)
    ]
    assert losses[0] == losses[1]


def test_a_checkpoint_of_other_options_is_not_resumed(services: Path, tmp_path: Path) -> None:
    train(services, options(epochs=2, work_folder=tmp_path))
    seen: list[int] = []
    asked = options(epochs=2, work_folder=tmp_path, learning_rate=0.02)
    train(services, asked, lambda progress: seen.append(progress.epoch))
    assert min(seen) == 1


def test_services_kept_apart_teach_the_network_nothing(whole: TrainedModel, services: Path, tmp_path: Path) -> None:
    """Changing every hour of the services kept for the figures changes no weight and no calibration."""
    from adapters.training.series_reader import read_series
    from domain.training_set import Side, split_by_service

    sides = split_by_service(read_series([services]), validation_share=0.15, test_share=0.15)
    apart = {service for (_, service), side in sides.items() if side is Side.TEST}
    assert apart
    changed = tmp_path / services.name
    with services.open() as old, changed.open("w", newline="") as new:
        writer = csv.writer(new)
        for row in csv.reader(old):
            # Another rhythm, not another size: the split must stay what it was.
            writer.writerow([*row[:3], float(row[3]) ** 2 + 1] if row[0] in apart else row)
    again = train(changed, options())
    assert networks(again) == networks(whole)
    first, second = (read_metadata(one.files[SERVICE_METADATA], "m").extra for one in (whole, again))
    assert first["interval_calibration"] == second["interval_calibration"]
    assert first["backtest"] != second["backtest"]


def test_what_was_trained_can_serve_at_once(whole: TrainedModel, tmp_path: Path) -> None:
    write_artefacts(tmp_path / "service", whole.name, whole.files, NOW)
    assert OnnxLstmForecaster(tmp_path / "service").model_digest
    assert whole.files["loss_curve.svg"].startswith(b"<svg")


def cluster(path: Path, asked: TrainingOptions, recipe: ClusterRecipe = SMALL_CLUSTER) -> TrainedModel:
    return KerasClusterTrainer(recipe).train([path], asked, now=NOW, on_progress=ignore)


CLUSTER_FILES = (CLUSTER_H5, CLUSTER_ONNX)


def test_hours_after_the_training_split_change_no_scaler_bound_or_weight(tmp_path: Path) -> None:
    rows, asked = 400, options(epochs=1)
    first_later = rows - 2 * round(rows * 0.15)
    honest = cluster(wide_file(tmp_path / "a.csv", rows), asked)
    changed = cluster(wide_file(tmp_path / "b.csv", rows, changed_from=first_later), asked)
    assert networks(honest, CLUSTER_FILES) == networks(changed, CLUSTER_FILES)
    ours, theirs = (read_metadata(one.files[CLUSTER_METADATA], "m") for one in (honest, changed))
    assert ours.scaler is not None
    assert theirs.scaler is not None
    assert np.array_equal(ours.scaler.scale, theirs.scaler.scale)
    assert np.array_equal(ours.scaler.offset, theirs.scaler.offset)
    for bound in ("winsor_lower", "winsor_upper"):
        assert np.array_equal(ours.extra[bound], theirs.extra[bound])  # type: ignore[arg-type]
    assert ours.extra["bin_edges"] == theirs.extra["bin_edges"]
    assert ours.extra["figures"] != theirs.extra["figures"]


def test_the_cluster_run_resumes_too(tmp_path: Path) -> None:
    data = wide_file(tmp_path / "a.csv", 400)
    whole = cluster(data, options(epochs=3))

    def interrupt(progress: TrainingProgress) -> None:
        if progress.epoch == 2 and progress.validation_loss is not None:
            raise Interrupted

    asked = options(epochs=3, work_folder=tmp_path / "work")
    with pytest.raises(Interrupted):
        KerasClusterTrainer(SMALL_CLUSTER).train([data], asked, now=NOW, on_progress=interrupt)
    resumed = cluster(data, asked)
    assert networks(resumed, CLUSTER_FILES) == networks(whole, CLUSTER_FILES)
