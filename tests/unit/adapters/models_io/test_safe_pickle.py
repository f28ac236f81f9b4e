"""Reading metadata pickles: what a metadata file needs comes back, everything else is refused and nothing runs."""

from __future__ import annotations

import builtins
import os
import pickle
import random
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.models_io.pickle_scan import PickleLimits
from adapters.models_io.safe_pickle import read_pickle
from adapters.models_io.scalers import AffineScaler
from domain.errors import ModelRefused

from . import pickles

FIXTURES = Path(__file__).parents[3] / "fixtures" / "models"
GADGETS = sorted(pickles.gadgets(Path("canary")))
TRICKS = sorted(pickles.tricks())


@pytest.fixture
def gadgets(tmp_path: Path) -> dict[str, bytes]:
    """Made before the canary's traps are set."""
    return pickles.gadgets(tmp_path / "canary")


@pytest.fixture
def canary(tmp_path: Path, gadgets: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that exists only if something in a pickle ran; calls that leave no file are caught as well."""
    path = tmp_path / "canary"

    def ran(*args: object, **kwargs: object) -> None:
        path.touch()
        raise AssertionError(f"a pickle ran something: {args!r}")

    monkeypatch.setattr(os, "system", ran)
    monkeypatch.setattr(subprocess, "Popen", ran)
    original = builtins.__import__

    def watched(name: str, *args: object, **kwargs: object) -> object:
        if name.split(".", maxsplit=1)[0] in {"antigravity", "webbrowser", "joblib", "sklearn", "runpy", "numpy.f2py"}:
            ran(name)
        return original(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", watched)
    return path


@pytest.mark.parametrize("name", GADGETS)
def test_a_pickle_that_would_run_something_is_refused_and_runs_nothing(
    name: str, gadgets: dict[str, bytes], canary: Path
) -> None:
    data = gadgets[name]
    before = set(sys.modules)
    with pytest.raises(ModelRefused):
        read_pickle(data, "metadata.pkl")
    assert not canary.exists()
    assert set(sys.modules) == before


def test_the_gadgets_are_real_ones(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for name in ("posix.system", "exec", "object array", "functools.partial", "INST", "protocol 0", "subprocess"):
        made = pickles.gadgets(canary)[name]
        result = pickle.loads(made)  # noqa: S301 - our own bytes, and that they run is the point
        if isinstance(result, subprocess.Popen):
            result.wait()
        assert canary.exists(), f"{name} does not run under plain pickle, so refusing it proves nothing"
        canary.unlink()


@pytest.mark.parametrize("name", TRICKS)
def test_abuse_of_what_is_allowed_is_refused(name: str) -> None:
    with pytest.raises(ModelRefused) as refusal:
        read_pickle(pickles.tricks()[name], "metadata.pkl")
    assert refusal.value.artefact == "metadata.pkl"


def test_a_refusal_says_what_the_file_asked_for() -> None:
    with pytest.raises(ModelRefused, match=r"asks for 'os\.system'"):
        read_pickle(pickles.gadgets(Path("x"))["os.system"], "metadata.pkl")
    with pytest.raises(ModelRefused, match="instruction EXT1"):
        read_pickle(pickles.gadgets(Path("x"))["extension registry"], "metadata.pkl")
    assert len(pickles.many_paths()) < 300
    with pytest.raises(ModelRefused, match="unfolds to more values"):
        read_pickle(pickles.many_paths(), "metadata.pkl")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_values_and_arrays_come_back_as_they_were(protocol: int) -> None:
    shared = [1.5, "x"]
    given = {
        "text": "Grüße",
        "bytes": b"\xff\x00abc",
        "numbers": [0, 1, -1, 255, 2**40, -(2**60), 0.1, True, False, None],
        "tuple": (1, (2, (3,)), ()),
        "nested": {"a": {"b": [1, {2: 3.0, 0.5: "q"}]}},
        "ordered": OrderedDict(b=1, a=2),
        "shared": [shared, shared],
        "scalar": np.float64(2.5),
        "integer": np.int64(-3),
        "flag": np.bool_(True),
        "float32": np.linspace(0, 1, 7, dtype=np.float32),
        "matrix": np.arange(12.0).reshape(3, 4),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "big_endian": np.arange(3, dtype=">f8"),
        "integers": np.arange(5, dtype=np.int16),
        "empty": np.empty((0, 3)),
    }
    back = read_pickle(pickle.dumps(given, protocol=protocol), "metadata.pkl")
    assert isinstance(back, dict)
    assert list(back) == list(given)
    for key, value in given.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(back[key], value)
            assert back[key].dtype == value.dtype.newbyteorder("=")
        else:
            assert back[key] == value
            assert type(back[key]) is (dict if key == "ordered" else type(value))
    assert back["matrix"].flags.writeable


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_arrays_of_text_come_back_as_lists(protocol: int) -> None:
    names = ["avg_cpu", "메모리", ""]
    given = [np.array(names), np.array(names, dtype=object), np.str_("load")]
    back = read_pickle(pickle.dumps(given, protocol=protocol), "metadata.pkl")
    assert back == [names, names, "load"]


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(value=_PLAIN, protocol=st.sampled_from([2, 3, 4, 5]))
@settings(max_examples=150, deadline=None)
def test_any_plain_value_comes_back(value: object, protocol: int) -> None:
    assert read_pickle(pickle.dumps(value, protocol=protocol), "m.pkl") == value


@pytest.mark.parametrize("name", ["sklearn_1_7.pkl", "sklearn_1_9.pkl"])
def test_scalers_of_scikit_learn_load_without_scikit_learn(name: str) -> None:
    content = read_pickle((FIXTURES / name).read_bytes(), name)
    assert "sklearn" not in sys.modules
    assert isinstance(content, dict)
    scaler, target = content["scaler"], content["target_scaler"]
    assert isinstance(scaler, AffineScaler)
    assert scaler.kind == "RobustScaler"
    assert scaler.n_features == 82
    rows = np.random.default_rng(1).normal(size=(5, 82))
    np.testing.assert_allclose(scaler.inverse_transform(scaler.transform(rows)), rows, rtol=1e-9)
    # The median and the interquartile range of log1p(total_events) in the training rows.
    np.testing.assert_allclose((target.offset[0], target.scale[0]), (7.07834148, 0.72703886), rtol=1e-6)


def test_every_limit_holds() -> None:
    data = pickle.dumps({str(i): [i, str(i) * 20] for i in range(200)})
    assert read_pickle(data, "m.pkl")
    for limits in (
        PickleLimits(file_bytes=1000),
        PickleLimits(opcodes=500),
        PickleLimits(memo=100),
        PickleLimits(payload_bytes=2000),
        PickleLimits(depth=0),
        PickleLimits(expanded_nodes=300),
        PickleLimits(marks=1),
    ):
        with pytest.raises(ModelRefused):
            read_pickle(data, "m.pkl", limits)


def test_arrays_that_share_one_content_are_counted_each() -> None:
    data = pickles.many_arrays(count=100, content_bytes=2**20)
    assert len(data) < 1.1 * 2**20
    with pytest.raises(ModelRefused, match=r"too large|larger than"):
        read_pickle(data, "m.pkl")
    assert read_pickle(pickles.many_arrays(count=3, content_bytes=2**10), "m.pkl")


@pytest.mark.parametrize("name", ["sklearn_1_7.pkl", "sklearn_1_9.pkl"])
def test_a_cut_file_is_refused_wherever_it_is_cut(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    for length in range(0, len(data), 7):
        with pytest.raises(ModelRefused):
            read_pickle(data[:length], name)


def test_altered_bytes_never_crash_the_reader_nor_give_numbers_that_are_not_finite() -> None:
    data = (FIXTURES / "sklearn_1_9.pkl").read_bytes()
    random_source = random.Random(20261124)
    refused = 0
    for _ in range(1000):
        position = random_source.randrange(len(data))
        altered = bytearray(data)
        altered[position] ^= random_source.randrange(1, 256)
        try:
            content = read_pickle(bytes(altered), "m.pkl")
        except ModelRefused:
            refused += 1
            continue
        if isinstance(content, dict):
            for scaler in (content.get("scaler"), content.get("target_scaler")):
                assert not isinstance(scaler, AffineScaler) or np.isfinite([scaler.offset, scaler.scale]).all()
    assert refused > 300
