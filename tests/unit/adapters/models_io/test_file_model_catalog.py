"""Listing and checking models: ours behind digests, those of others only because somebody asked."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.forecasters.statistical import StatisticalForecaster
from adapters.models_io.artefacts import write_artefacts
from adapters.models_io.file_model_catalog import FileModelCatalog, load_foreign_forecaster
from adapters.models_io.golden import GOLDEN_KEY, golden_answer
from adapters.models_io.hdf5 import read_keras_file
from adapters.models_io.metadata import read_metadata, write_metadata
from adapters.models_io.network import NumpyNetwork
from domain.covariates import ALL_COLUMNS, FEATURE_COLUMNS
from domain.errors import DataSourceUnavailable, InvalidData, ModelRefused

ROOT = Path(__file__).parents[4]
FIXTURES = ROOT / "tests" / "fixtures" / "models"
DATA = ROOT / "data" / "lstm_ready_cluster_data.csv"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
H5 = (FIXTURES / "one_step.h5").read_bytes()
SKLEARN = (FIXTURES / "sklearn_1_9.pkl").read_bytes()


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A pair as its first user leaves it."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    shutil.copy(FIXTURES / "one_step.h5", folder / "best_mcp_lstm_model.h5")
    shutil.copy(FIXTURES / "sklearn_1_9.pkl", folder / "mcp_model_metadata.pkl")
    return folder


def our_metadata(**changes: object) -> bytes:
    """The same model's metadata, written by us."""
    read = read_metadata(SKLEARN, "m.pkl")
    network = NumpyNetwork(read_keras_file(H5, "m.h5"), "m.h5")
    whole: dict[str, Any] = {
        "sequence_length": 24,
        "feature_names": list(read.feature_names),
        "n_features": 82,
        "target_col": "total_events",
        "scaler": read.scaler,
        "target_scaler": read.target_scaler,
        "use_log_transform": True,
        "trained_at": "2026-11-24T00:00:00Z",
        "figures": {"mae_ratio": 0.71, "nested": {"x": 1}},
        GOLDEN_KEY: golden_answer(network, 24, 82),
    }
    return write_metadata({**whole, **changes})


def write_ours(folder: Path, *, h5: bytes = H5, metadata: bytes | None = None, model: str = "cluster") -> None:
    files = {"best_mcp_lstm_model.h5": h5, "mcp_model_metadata.pkl": metadata or our_metadata()}
    write_artefacts(folder, model, files, NOW)


def catalog(folder: Path) -> FileModelCatalog:
    return FileModelCatalog(folder, {})


@pytest.mark.parametrize("named", ["", "best_mcp_lstm_model.h5", "mcp_model_metadata.pkl"])
def test_a_pair_of_others_is_checked_and_makes_a_forecast(foreign: Path, named: str) -> None:
    report = catalog(foreign).check(foreign / named, DATA)
    assert (report.kind, report.trusted) == ("foreign", False)
    assert report.network.startswith("Sequential: (24, 82) → LSTM(5) → BatchNormalization → Dropout")
    assert (report.inputs.sequence_length, report.inputs.n_features) == (24, 82)
    assert report.inputs.feature_names == FEATURE_COLUMNS
    # The fixture learned log1p(total_events) of this very file for a few epochs: the level must be about right.
    assert 200 < report.forecast.median.mean() < 5000
    assert report.forecast.median.std() > 50
    assert any("no manifest" in note for note in report.notes)
    assert report.inputs.target == "total_events"


def test_the_same_check_gives_the_same_forecast(foreign: Path) -> None:
    first, second = (catalog(foreign).check(foreign, DATA).forecast.quantiles for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_our_own_set_is_trusted(tmp_path: Path) -> None:
    write_ours(tmp_path)
    report = catalog(tmp_path).check(tmp_path, DATA)
    assert (report.kind, report.trusted) == ("cluster", True)
    assert report.trained_at == "2026-11-24T00:00:00Z"
    assert report.forecast.quantiles.shape == (24, 7)


def test_one_altered_byte_in_our_own_set_is_refused_and_never_taken_for_a_pair_of_others(tmp_path: Path) -> None:
    write_ours(tmp_path)
    path = tmp_path / "best_mcp_lstm_model.h5"
    content = bytearray(path.read_bytes())
    content[-10] ^= 1
    path.write_bytes(bytes(content))
    for asked in (tmp_path, path, tmp_path / "mcp_model_metadata.pkl"):
        with pytest.raises(ModelRefused, match="SHA-256"):
            catalog(tmp_path).check(asked, DATA)


def test_a_network_that_forgot_its_golden_prediction_is_refused(tmp_path: Path) -> None:
    write_ours(tmp_path, metadata=our_metadata(**{GOLDEN_KEY: np.array([[0.123]], np.float32)}))
    with pytest.raises(ModelRefused, match="no longer gives the prediction"):
        catalog(tmp_path).check(tmp_path, DATA)


def test_a_set_of_a_kind_that_has_a_forecaster_of_its_own_uses_it(tmp_path: Path) -> None:
    content = (FIXTURES / "functional.h5").read_bytes()
    described = {
        "sequence_length": 24,
        "feature_names": [f"covariate_{index}" for index in range(11)],
        "n_features": 11,
        "target_col": "value",
        "scaler": None,
        "target_scaler": None,
        "use_log_transform": False,
    }
    write_ours(tmp_path, h5=content, metadata=write_metadata(described), model="service")
    with pytest.raises(ModelRefused, match="nothing here can forecast with a model of kind 'service'"):
        catalog(tmp_path).check(tmp_path, DATA)
    asked: list[Path] = []

    def factory(folder: Path) -> StatisticalForecaster:
        asked.append(folder)
        return StatisticalForecaster()

    report = FileModelCatalog(tmp_path, {"service": factory}).check(tmp_path, DATA)
    assert asked == [tmp_path]
    assert report.network.startswith("Functional: (24, 11) → Bidirectional(LSTM 4)")
    assert report.trusted


def test_metadata_and_model_that_disagree_are_named(foreign: Path) -> None:
    (foreign / "mcp_model_metadata.pkl").write_bytes(our_metadata(sequence_length=48))
    with pytest.raises(ModelRefused, match=r"mcp_model_metadata\.pkl and best_mcp_lstm_model\.h5 disagree on steps"):
        catalog(foreign).check(foreign, DATA)


def test_metadata_and_data_that_disagree_are_named(foreign: Path, tmp_path: Path) -> None:
    narrow = tmp_path / "narrow.csv"
    columns = [name for name in ALL_COLUMNS if name not in ("avg_cpu", "lag24_cpu")]
    narrow.write_text(",".join(columns) + "\n" + ",".join("1" for _ in columns) + "\n")
    with pytest.raises(ModelRefused, match=r"narrow\.csv disagree on the columns: the data lacks avg_cpu, lag24_cpu"):
        catalog(foreign).check(foreign, narrow)


def test_data_that_cannot_be_used_are_named(foreign: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(InvalidData, match=r"empty\.csv"):
        catalog(foreign).check(foreign, empty)
    header_only = tmp_path / "header.csv"
    header_only.write_text(",".join(ALL_COLUMNS) + "\n")
    with pytest.raises(InvalidData, match=r"header\.csv"):
        catalog(foreign).check(foreign, header_only)
    with pytest.raises(DataSourceUnavailable):
        catalog(foreign).check(foreign, tmp_path / "missing.csv")


def test_what_is_not_a_pair_is_refused(tmp_path: Path, foreign: Path) -> None:
    with pytest.raises(ModelRefused, match="no such file or folder"):
        catalog(tmp_path).check(tmp_path / "missing", DATA)
    (tmp_path / "void").mkdir()
    with pytest.raises(ModelRefused, match=r"0 \.h5 files could be meant"):
        catalog(tmp_path).check(tmp_path / "void", DATA)
    shutil.copy(FIXTURES / "functional.h5", foreign / "second.h5")
    with pytest.raises(ModelRefused, match=r"2 \.h5 files could be meant"):
        catalog(tmp_path).check(foreign, DATA)
    assert catalog(tmp_path).check(foreign / "best_mcp_lstm_model.h5", DATA)


def test_a_model_of_others_that_answers_a_whole_day_is_refused(tmp_path: Path) -> None:
    shutil.copy(FIXTURES / "functional.h5", tmp_path / "m.h5")
    described = {
        "sequence_length": 24,
        "feature_names": list(FEATURE_COLUMNS[:11]),
        "n_features": 11,
        "target_col": "total_events",
        "scaler": None,
        "target_scaler": None,
        "use_log_transform": False,
    }
    (tmp_path / "m.pkl").write_bytes(write_metadata(described))
    with pytest.raises(ModelRefused, match="only one-step models load"):
        catalog(tmp_path).check(tmp_path, DATA)


def test_bin_edges_kept_with_the_model_are_used(foreign: Path) -> None:
    edges = {
        "events_quantile": list(range(9)),
        "cpu_quantile": [0.1, 0.2, 0.3, 0.4],
        "memory_quantile": [0.1, 0.2, 0.3, 0.4],
        "load_category": [1, 2, 3, 4],
        "high_load_above": 5.0,
        "low_load_below": 1.0,
    }
    learned = catalog(foreign).check(foreign, DATA)
    (foreign / "mcp_model_metadata.pkl").write_bytes(our_metadata(bin_edges=edges))
    given = catalog(foreign).check(foreign, DATA)
    assert any("bins were learned" in note for note in learned.notes)
    assert not any("bins were learned" in note for note in given.notes)
    assert not np.array_equal(learned.forecast.median, given.forecast.median)
    (foreign / "mcp_model_metadata.pkl").write_bytes(our_metadata(bin_edges={}))
    with pytest.raises(ModelRefused, match="unusable bin edges"):
        load_foreign_forecaster(foreign)


def test_the_list_shows_ours_theirs_and_what_is_wrong(tmp_path: Path, foreign: Path) -> None:
    write_ours(tmp_path)
    write_ours(tmp_path / "broken")
    (tmp_path / "broken" / "mcp_model_metadata.pkl").write_bytes(SKLEARN)
    (tmp_path / "notes").mkdir()
    (tmp_path / ".hidden").mkdir()
    listed = {summary.name: summary for summary in catalog(tmp_path).models()}
    assert list(listed) == [".", "broken", "theirs"]
    ours = listed["."]
    assert (ours.kind, ours.trusted, ours.problem) == ("cluster", True, "")
    assert (ours.trained_at, dict(ours.figures)) == ("2026-11-24T00:00:00Z", {"mae_ratio": 0.71})
    assert ours.files == ("best_mcp_lstm_model.h5", "mcp_model_metadata.pkl")
    assert not listed["broken"].trusted
    assert "mcp_model_metadata.pkl" in listed["broken"].problem
    assert (listed["theirs"].kind, listed["theirs"].trusted) == ("foreign", False)
    assert catalog(tmp_path / "missing").models() == []


def test_a_second_model_cannot_take_over_the_manifest_of_the_first(tmp_path: Path) -> None:
    write_ours(tmp_path)
    with pytest.raises(ModelRefused, match="holds the model 'cluster'; write 'service' to one of its own"):
        write_artefacts(tmp_path, "service", {"x.onnx": b"x"}, NOW)
    assert catalog(tmp_path).models()[0].problem == ""
