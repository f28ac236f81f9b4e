"""A model that must not be served: plans come from the baseline and say so, and readiness says why."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from litestar.testing import TestClient

from adapters.models_io.artefacts import read_artefacts, write_artefacts
from entrypoints.container import Container
from entrypoints.http.app import create_app
from tests.fakes.world import World, body

MODELS = Path(__file__).parents[2] / "models"
H5, ONNX, METADATA = "mcp_service_lstm_model.h5", "mcp_service_lstm_model.onnx", "mcp_service_metadata.pkl"


class Gadget:
    """Would create a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(("name", "harm"), [(ONNX, flip), (ONNX, cut), (METADATA, flip), ("manifest.json", cut)])
def test_an_altered_file_leaves_the_baseline_and_the_reason(
    world: World, tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    shutil.copytree(MODELS, tmp_path / "models")
    harm(tmp_path / "models" / "service" / name)
    answers_without_the_model(world, tmp_path / "models", name)


def test_a_pickle_that_would_run_something_leaves_the_baseline_and_runs_nothing(world: World, tmp_path: Path) -> None:
    shutil.copytree(MODELS, tmp_path / "models")
    folder, canary = tmp_path / "models" / "service", tmp_path / "canary"
    files = {**read_artefacts(folder).files, METADATA: pickle.dumps({"scaler": Gadget(canary)})}
    write_artefacts(folder, "service", files, datetime(2026, 11, 24, tzinfo=UTC))  # its digest is right
    answers_without_the_model(world, tmp_path / "models", METADATA)
    assert not canary.exists()


def test_a_sound_model_answers(world: World) -> None:
    with_model = world_with(world, MODELS)
    with TestClient(create_app(with_model)) as client:
        assert client.get("/health/ready").json()["status"] == "ok"
        assert client.post("/plans", json=body()).json()["prediction"]["model_version"] == "web_normal_lstm_v1"


def world_with(world: World, folder: Path) -> Container:
    """This world with the models of a folder, instead of none."""
    world.settings["model_dir"] = folder
    container = world.container()
    container.lstm_forecaster.reset_override()
    return container


def answers_without_the_model(world: World, folder: Path, name: str) -> None:
    with TestClient(create_app(world_with(world, folder))) as client:
        ready = client.get("/health/ready")
        assert ready.status_code == 200
        assert ready.json()["status"] == "degraded"
        reason = ready.json()["dependencies"]["models"]["reason"]
        assert name in reason
        plan = client.post("/plans", json=body())
        assert plan.status_code == 200
        answer = plan.json()
        assert answer["prediction"]["model_version"].endswith("_statistical")
        assert name in answer["notes"]
        assert str(folder) not in plan.text + ready.text
