"""Metadata is checked against itself, the model and the data; a refusal names which two disagree and how."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.models_io.golden import GOLDEN_KEY, check_golden, golden_answer, golden_input
from adapters.models_io.metadata import (
    REQUIRED_KEYS,
    check_against_columns,
    check_against_model,
    read_metadata,
    write_metadata,
)
from adapters.models_io.scalers import AffineScaler, ScalerRefused, scaler_from_attributes, scaler_from_plain
from domain.covariates import ALL_COLUMNS, FEATURE_COLUMNS
from domain.errors import ModelRefused

FIXTURES = Path(__file__).parents[3] / "fixtures" / "models"


def content(**changes: object) -> dict[str, Any]:
    """Metadata of a model of three features."""
    scaler = AffineScaler("RobustScaler", np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5, 2.0]))
    target = AffineScaler("RobustScaler", np.array([7.0]), np.array([0.7]))
    whole: dict[str, Any] = {
        "sequence_length": 24,
        "feature_names": ["a", "b", "c"],
        "n_features": 3,
        "target_col": "total_events",
        "scaler": scaler,
        "target_scaler": target,
        "use_log_transform": True,
        "quantiles": [0.5, 0.9],
    }
    return {**whole, **changes}


def test_what_was_written_is_read_back() -> None:
    metadata = read_metadata(write_metadata(content()), "m.pkl")
    assert (metadata.sequence_length, metadata.n_features) == (24, 3)
    assert metadata.feature_names == ("a", "b", "c")
    assert metadata.target_column == "total_events"
    assert metadata.use_log_transform is True
    assert metadata.scaler is not None
    assert metadata.scaler.kind == "RobustScaler"
    np.testing.assert_array_equal(metadata.scaler.offset, [1.0, 2.0, 3.0])
    assert dict(metadata.extra) == {"quantiles": [0.5, 0.9]}


def test_our_file_holds_plain_values_only() -> None:
    assert b"AffineScaler" not in write_metadata(content())
    with pytest.raises(ModelRefused):
        write_metadata(content(extra=Path("x")))


@pytest.mark.parametrize("name", ["sklearn_1_7.pkl", "sklearn_1_9.pkl"])
def test_metadata_of_others_is_understood(name: str) -> None:
    metadata = read_metadata((FIXTURES / name).read_bytes(), name)
    assert metadata.feature_names == FEATURE_COLUMNS
    assert metadata.target_column == "total_events"
    assert "total_events" not in metadata.feature_names
    assert metadata.scaler is not None
    assert metadata.scaler.n_features == 82
    check_against_columns(metadata, ALL_COLUMNS, metadata_name=name, data_name="data.csv")
    check_against_model(metadata, steps=24, features=82, metadata_name=name, model_name="m.h5")


@pytest.mark.parametrize("key", REQUIRED_KEYS)
def test_a_missing_key_is_named(key: str) -> None:
    whole = content(scaler=None, target_scaler=None)
    del whole[key]
    with pytest.raises(ModelRefused, match=f"it lacks {key}"):
        read_metadata(pickle.dumps(whole), "m.pkl")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"n_features": 4}, "n_features says 4, feature_names lists 3"),
        ({"n_features": "3"}, "n_features must be a whole number"),
        ({"sequence_length": 0}, "sequence_length must be"),
        ({"sequence_length": 10**6}, "sequence_length must be"),
        ({"sequence_length": True}, "sequence_length must be"),
        ({"sequence_length": 24.0}, "sequence_length must be"),
        ({"feature_names": []}, "feature_names must list"),
        ({"feature_names": "abc"}, "feature_names must list"),
        ({"feature_names": ["a", "b", "a"]}, "lists a column twice"),
        ({"feature_names": ["a", "b", 3]}, "printable name"),
        ({"feature_names": ["a", "b", "c\x1b[31m"]}, "printable name"),
        ({"target_col": None}, "printable name"),
        ({"use_log_transform": 1}, "use_log_transform must be true or false"),
        ({"scaler": {"offset": np.zeros(2), "scale": np.ones(2)}}, "scaler scales 2 columns, 3 are listed"),
        ({"target_scaler": {"offset": np.zeros(2), "scale": np.ones(2)}}, "target_scaler scales 2 columns, 1 are"),
        ({"scaler": {"offset": np.zeros(3), "scale": np.zeros(3)}}, "a scale is zero"),
        ({"scaler": {"offset": np.zeros(3), "scale": np.array([1, np.nan, 1])}}, "not finite"),
        ({"scaler": {"offset": np.zeros(3)}}, "one number per column"),
        ({"scaler": {}}, "one number per column"),
        ({"scaler": 3}, "scaler must be a fitted scaler"),
    ],
)
def test_metadata_that_contradicts_itself_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ModelRefused, match=reason):
        read_metadata(pickle.dumps(content(**{"scaler": None, "target_scaler": None, **changes})), "m.pkl")


def test_metadata_that_is_not_a_dict_is_refused() -> None:
    with pytest.raises(ModelRefused, match="not a dict"):
        read_metadata(pickle.dumps([1, 2]), "m.pkl")


@pytest.mark.parametrize(
    ("steps", "features", "reason"),
    [
        (12, 3, r"m\.pkl and m\.h5 disagree on steps .*: 24 in the metadata, 12 in the model"),
        (24, 4, "on features: 3 in"),
    ],
)
def test_a_model_of_another_shape_is_refused(steps: int, features: int, reason: str) -> None:
    metadata = read_metadata(write_metadata(content()), "m.pkl")
    with pytest.raises(ModelRefused, match=reason):
        check_against_model(metadata, steps=steps, features=features, metadata_name="m.pkl", model_name="m.h5")


def test_data_without_a_column_is_refused() -> None:
    metadata = read_metadata(write_metadata(content()), "m.pkl")
    with pytest.raises(
        ModelRefused, match=r"m\.pkl and d\.csv disagree on the columns: the data lacks c, total_events"
    ):
        check_against_columns(metadata, ["a", "b"], metadata_name="m.pkl", data_name="d.csv")


@pytest.mark.parametrize(
    ("kind", "attributes", "forward"),
    [
        ("RobustScaler", {"center_": np.array([2.0]), "scale_": np.array([4.0])}, lambda x: (x - 2) / 4),
        ("RobustScaler", {"center_": None, "scale_": np.array([4.0])}, lambda x: x / 4),
        ("RobustScaler", {"center_": np.array([2.0]), "scale_": None}, lambda x: x - 2),
        ("StandardScaler", {"mean_": np.array([1.0]), "scale_": np.array([3.0])}, lambda x: (x - 1) / 3),
        ("MinMaxScaler", {"scale_": np.array([0.25]), "min_": np.array([-0.5])}, lambda x: x * 0.25 - 0.5),
        (
            "MinMaxScaler",
            {"scale_": np.array([0.25]), "min_": np.array([0.0]), "clip": True, "feature_range": (0, 1)},
            lambda x: np.clip(x * 0.25, 0, 1),
        ),
    ],
)
def test_a_scaler_computes_what_scikit_learn_does(
    kind: str, attributes: dict[str, object], forward: Callable[[Any], Any]
) -> None:
    scaler = scaler_from_attributes(kind, attributes)
    values = np.array([[-3.0], [0.0], [1.5], [40.0]])
    np.testing.assert_allclose(scaler.transform(values), forward(values), atol=1e-12)
    if scaler.clip is None:
        np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(values)), values, atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("RobustScaler", {}),
        ("RobustScaler", {"center_": np.zeros(2), "scale_": np.ones(3)}),
        ("RobustScaler", {"center_": np.zeros(2), "scale_": np.ones(2), "n_features_in_": 3}),
        ("RobustScaler", {"center_": np.zeros((1, 2)), "scale_": np.ones((1, 2))}),
        ("RobustScaler", {"center_": np.array([np.inf]), "scale_": np.ones(1)}),
        ("MinMaxScaler", {"scale_": np.array([1e-320]), "min_": np.array([1.0])}),
        ("MinMaxScaler", {"scale_": np.ones(2), "min_": np.ones(1)}),
        ("MinMaxScaler", {"scale_": np.ones(1), "min_": np.ones(1), "clip": True, "feature_range": "ab"}),
    ],
)
def test_a_scaler_that_cannot_scale_is_refused(kind: str, attributes: dict[str, object]) -> None:
    with pytest.raises(ScalerRefused):
        scaler_from_attributes(kind, attributes)


def test_a_plain_scaler_may_hold_lists() -> None:
    scaler = scaler_from_plain({"kind": "robust", "offset": [1, 2.0], "scale": [1, 4]})
    np.testing.assert_array_equal(scaler.transform(np.array([[2.0, 6.0]])), [[1.0, 1.0]])


def _network(batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray(batch.mean(axis=(1, 2))[:, None] * 3 + 1)


def test_the_golden_prediction_is_compared_at_load() -> None:
    kept = {GOLDEN_KEY: golden_answer(_network, 24, 3)}
    assert check_golden(kept, _network, steps=24, features=3, artefact="m") is True
    assert check_golden({}, _network, steps=24, features=3, artefact="m") is False
    with pytest.raises(ModelRefused, match="no longer gives the prediction"):
        check_golden(kept, lambda x: _network(x) + 0.01, steps=24, features=3, artefact="m")
    with pytest.raises(ModelRefused, match="another shape"):
        check_golden(kept, lambda x: np.zeros((1, 24, 7)), steps=24, features=3, artefact="m")
    with pytest.raises(ModelRefused, match="not finite"):
        check_golden({}, lambda x: np.array([[np.nan]]), steps=24, features=3, artefact="m")
    with pytest.raises(ModelRefused, match="no longer gives"):
        check_golden({GOLDEN_KEY: np.array([[np.nan]])}, _network, steps=24, features=3, artefact="m")


def test_the_golden_input_is_the_same_everywhere() -> None:
    pattern = golden_input(24, 82)
    assert pattern.shape == (1, 24, 82)
    assert pattern.dtype == np.float32
    assert np.abs(pattern).max() <= 1
    np.testing.assert_allclose(pattern[0, 3, 5], np.sin(0.37 * 3 + 0.61 * 5 + 0.013 * 15), atol=1e-7)
