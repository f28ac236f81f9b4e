"""Opening the trained models: which library runs them, and what is refused with which words."""

from __future__ import annotations

import builtins
import importlib.util
import json
import os
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from adapters.forecasters.cluster_artefacts import CLUSTER_DATA, CLUSTER_METADATA, CLUSTER_ONNX, DATA_HASH_KEY
from adapters.forecasters.onnx_cluster_lstm import OnnxClusterForecaster
from adapters.forecasters.onnx_lstm import OnnxLstmForecaster
from adapters.forecasters.open_lstm import Runtime, open_cluster_model, open_lstm, open_service_model
from adapters.forecasters.service_artefacts import SERVICE_H5, SERVICE_METADATA, SERVICE_ONNX
from adapters.models_io.artefacts import read_artefacts, write_artefacts
from adapters.models_io.golden import GOLDEN_KEY
from adapters.models_io.metadata import REQUIRED_KEYS, read_metadata, write_metadata
from adapters.models_io.wide_request import request_after
from domain.errors import ModelRefused

MODELS = Path(__file__).parents[4] / "models"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
RUNTIMES: tuple[Runtime, ...] = ("onnx", "tensorflow")
Change = Callable[[dict[str, object]], None]

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None and not os.environ.get("CI"),
    reason="the extra 'train' brings TensorFlow",
)


def metadata_of(content: bytes) -> dict[str, object]:
    """What a metadata file holds, to be changed and written again."""
    read = read_metadata(content, "m.pkl")
    known = {key: getattr(read, key) for key in REQUIRED_KEYS if key != "feature_names"}
    return {**known, "feature_names": list(read.feature_names), **read.extra}


def service_with(tmp_path: Path, change: Change) -> Path:
    """The shipped service model with other metadata, its manifest made anew: digests match, contents do not."""
    files = dict(read_artefacts(MODELS / "service").files)
    content = metadata_of(files[SERVICE_METADATA])
    change(content)
    write_artefacts(tmp_path / "service", "service", files | {SERVICE_METADATA: write_metadata(content)}, NOW)
    return tmp_path / "service"


def put(**values: object) -> Change:
    return lambda content: content.update(values)


def drop(key: str) -> Change:
    def without(content: dict[str, object]) -> None:
        del content[key]

    return without


def rename_a_feature(content: dict[str, object]) -> None:
    content["feature_names"] = ["lag_1h", *content["feature_names"][1:]]  # type: ignore[index]


def shift_golden(content: dict[str, object]) -> None:
    content[GOLDEN_KEY] = np.asarray(content[GOLDEN_KEY]) + np.float32(0.01)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put(sequence_length=48), "trained on 48 steps"),
        (rename_a_feature, "train the service model again"),
        (put(quantiles=[0.1, 0.5, 0.9]), "its quantiles are"),
        (drop("quantiles"), "its quantiles are None"),
        (drop("interval_calibration"), "interval_calibration: hours must be whole numbers; train again"),
        (put(interval_calibration=1.2), "interval_calibration: "),
        (put(interval_calibration={"hours": [24], "factors": [[9.0] * 7]}), "every factor must lie"),
        (shift_golden, "no longer gives the prediction kept with it"),
        (put(**{GOLDEN_KEY: np.zeros((1, 24, 3), np.float32)}), "has another shape"),
    ],
)
def test_metadata_that_do_not_fit_the_program_or_the_network_are_refused(
    tmp_path: Path, change: Change, reason: str
) -> None:
    folder = service_with(tmp_path, change)
    with pytest.raises(ModelRefused, match=reason):
        OnnxLstmForecaster(folder)


def test_a_network_of_another_training_is_named_with_the_metadata_it_disagrees_with(tmp_path: Path) -> None:
    files = dict(read_artefacts(MODELS / "service").files)
    files[SERVICE_ONNX] = (MODELS / CLUSTER_ONNX).read_bytes()
    write_artefacts(tmp_path, "service", files, NOW)
    with pytest.raises(ModelRefused) as caught:
        OnnxLstmForecaster(tmp_path)
    assert SERVICE_ONNX in str(caught.value)
    assert SERVICE_METADATA in str(caught.value)


def test_what_is_no_graph_is_refused(tmp_path: Path) -> None:
    files = dict(read_artefacts(MODELS / "service").files)
    whole = files[SERVICE_ONNX]
    for broken in (b"", b"nothing", whole[: len(whole) // 2]):
        write_artefacts(tmp_path, "service", files | {SERVICE_ONNX: broken}, NOW)
        with pytest.raises(ModelRefused, match=r"does not accept it|answers with|disagree"):
            OnnxLstmForecaster(tmp_path)


@pytest.mark.parametrize("name", [SERVICE_ONNX, SERVICE_METADATA, "manifest.json"])
def test_a_thousand_altered_files_are_all_refused(tmp_path: Path, name: str) -> None:
    """Altered behind the manifest's back, or in it: nothing of it is served."""
    folder = tmp_path / "service"
    shutil.copytree(MODELS / "service", folder)
    content = (folder / name).read_bytes()
    source = random.Random(20261124)
    whole = json.loads(content) if name == "manifest.json" else None
    for _ in range(1000):
        altered = bytearray(content)
        altered[source.randrange(len(content))] ^= source.randrange(1, 256)
        (folder / name).write_bytes(altered)
        try:
            read_artefacts(folder)
        except ModelRefused:
            continue
        # A manifest may be altered where it says nothing that counts: white space, its date.
        assert whole is not None
        assert json.loads(altered)["files"] == whole["files"]


def test_the_golden_prediction_catches_weights_altered_with_their_manifest(tmp_path: Path) -> None:
    files = dict(read_artefacts(MODELS / "service").files)
    content = bytearray(files[SERVICE_ONNX])
    middle = len(content) // 2 // 4 * 4
    content[middle : middle + 4000] = np.full(1000, 0.5, np.float32).tobytes()
    write_artefacts(tmp_path, "service", files | {SERVICE_ONNX: bytes(content)}, NOW)
    with pytest.raises(ModelRefused):
        OnnxLstmForecaster(tmp_path)


def only(folder: Path, tmp_path: Path, *unwanted: str) -> Path:
    """The shipped set without some files, as if they had never been exported."""
    found = read_artefacts(folder)
    kept = {name: content for name, content in found.files.items() if name not in unwanted}
    write_artefacts(tmp_path / "kept", found.manifest.model, kept, NOW)
    return tmp_path / "kept"


@pytest.mark.parametrize("runtime", ["auto", "onnx"])
def test_the_exported_network_is_run_without_tensorflow(monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> None:
    original = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name.partition(".")[0] in {"tensorflow", "keras"}:
            raise AssertionError(f"{name} was imported")
        return original(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    assert isinstance(open_service_model(MODELS / "service", runtime), OnnxLstmForecaster)
    assert isinstance(open_cluster_model(MODELS, runtime), OnnxClusterForecaster)


@needs_tensorflow
def test_tensorflow_runs_what_was_never_exported_and_what_it_is_asked_to(tmp_path: Path) -> None:
    assert type(open_service_model(MODELS / "service", "tensorflow")).__name__ == "TensorFlowLstmForecaster"
    folder = only(MODELS / "service", tmp_path, SERVICE_ONNX)
    assert type(open_service_model(folder, "auto")).__name__ == "TensorFlowLstmForecaster"
    with pytest.raises(ModelRefused, match="does not name it"):
        open_service_model(folder, "onnx")


def test_an_exported_network_that_was_deleted_is_a_fault_and_not_a_choice(tmp_path: Path) -> None:
    folder = tmp_path / "service"
    shutil.copytree(MODELS / "service", folder)
    (folder / SERVICE_ONNX).unlink()
    with pytest.raises(ModelRefused, match=SERVICE_ONNX):
        open_service_model(folder, "auto")


def test_without_tensorflow_a_keras_file_is_refused_and_the_remedy_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name.partition(".")[0] in {"tensorflow", "keras"}:
            raise ImportError(name)
        return original(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModelRefused, match="install the extra 'train'") as caught:
        open_service_model(only(MODELS / "service", tmp_path, SERVICE_ONNX), "auto")
    assert SERVICE_H5 in str(caught.value)


def test_a_folder_without_a_cluster_model_serves_services_alone(tmp_path: Path) -> None:
    shutil.copytree(MODELS / "service", tmp_path / "service")
    assert "cluster" not in open_lstm(tmp_path, "auto").name


def cluster_with(tmp_path: Path, change: Change, data: bytes | None = None) -> Path:
    files = dict(read_artefacts(MODELS).files)
    content = metadata_of(files[CLUSTER_METADATA])
    change(content)
    files[CLUSTER_METADATA] = write_metadata(content)
    if data is not None:
        files[CLUSTER_DATA] = data
    write_artefacts(tmp_path, "cluster", files, NOW)
    return tmp_path


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put(sequence_length=23), "at least 24 hours"),
        (put(sequence_length=48), CLUSTER_ONNX),
        (drop("bin_edges"), "bin_edges are missing"),
        (put(winsor_lower=np.zeros(3)), "winsor_lower must hold one number per feature"),
        (put(interval_scale=7.0), "interval_scale must be from 0.5 to 2"),
        (drop("interval_scale"), "interval_scale must be"),
        (shift_golden, "no longer gives the prediction"),
    ],
)
def test_metadata_that_do_not_fit_the_cluster_network_are_refused(tmp_path: Path, change: Change, reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason):
        OnnxClusterForecaster(cluster_with(tmp_path, change))


@pytest.mark.parametrize(
    ("change", "data"),
    [(put(**{DATA_HASH_KEY: "0" * 64}), b"hour_offset\n"), (put(**{DATA_HASH_KEY: "0" * 64}), None), (put(), b"x\n")],
)
def test_data_of_another_training_than_the_metadata_are_refused(
    tmp_path: Path, change: Change, data: bytes | None
) -> None:
    with pytest.raises(ModelRefused, match="not written by the same training"):
        OnnxClusterForecaster(cluster_with(tmp_path, change, data))


@needs_tensorflow
def test_both_libraries_agree_on_the_cluster_model() -> None:
    request = request_after(MODELS.parent / "data" / "lstm_ready_cluster_data.csv", "total_events")
    ours, theirs = (open_cluster_model(MODELS, runtime).forecast_many([request])[0].quantiles for runtime in RUNTIMES)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4)  # a logarithm is turned back: 1e-5 in its scale
