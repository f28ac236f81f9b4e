"""Opening .h5 files: honest ones give Keras's own numbers, hostile and damaged ones are refused in bounded time."""

from __future__ import annotations

import copy
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.models_io import hdf5
from adapters.models_io.architecture import parse_architecture
from adapters.models_io.golden import golden_input
from adapters.models_io.h5_reader import H5Refused, read_h5
from adapters.models_io.hdf5 import KerasFile, read_keras_file
from adapters.models_io.network import NumpyNetwork
from domain.errors import ModelRefused

from . import h5_files

ROOT = Path(__file__).parents[4]
FIXTURES = h5_files.FIXTURES
SECRET = Path(__file__)  # any file of at least 64 bytes
STRUCTURES = h5_files.structures(SECRET)


def read(name: str) -> KerasFile:
    return read_keras_file((FIXTURES / name).read_bytes(), name)


SHAPES = {"one_step": (1,), "functional": (24, 7)}
DESCRIPTIONS = {
    "one_step": "Sequential: (24, 82) → LSTM(5) → BatchNormalization → Dropout → LSTM(4) → BatchNormalization → Dropout"
    " → Dense(4) → Dense(1)",
    "functional": "Functional: (24, 11) → Bidirectional(LSTM 4) → LSTM(3) → Concatenate → Dense(6)"
    " → LayerNormalization → Dense(7)",
}


@pytest.mark.parametrize("name", ["one_step", "functional"])
def test_a_file_of_keras_gives_the_same_numbers_without_tensorflow(
    name: str,
) -> None:
    file = read(f"{name}.h5")
    network = NumpyNetwork(file, f"{name}.h5")
    assert file.keras_version == "3.11.3"
    assert file.architecture.describe() == DESCRIPTIONS[name]
    assert network.output_shape == SHAPES[name]
    answer = network(golden_input(network.steps, network.features))
    kept = json.loads((FIXTURES / "answers.json").read_text())[name]
    np.testing.assert_allclose(answer, kept, atol=2e-6)


def test_a_batch_gives_the_answers_of_its_rows() -> None:
    network = NumpyNetwork(read("one_step.h5"), "one_step.h5")
    batch = np.random.default_rng(3).normal(size=(5, 24, 82)).astype(np.float32)
    one_by_one = np.concatenate([network(row[None]) for row in batch])
    np.testing.assert_allclose(network(batch), one_by_one, atol=1e-6)
    with pytest.raises(ValueError, match="takes"):
        network(batch[:, :12])


@pytest.mark.parametrize("name", sorted(STRUCTURES))
def test_a_hostile_structure_is_refused_before_anything_is_read(name: str) -> None:
    with pytest.raises(H5Refused):
        read_h5(STRUCTURES[name])


@pytest.mark.parametrize("name", ["external link", "external storage", "4 TiB declared, contiguous"])
def test_the_refusal_reaches_the_caller_with_the_reason(name: str) -> None:
    with pytest.raises(ModelRefused, match=r"model\.h5: .*(another file|more than the file holds)"):
        read_keras_file(STRUCTURES[name], "model.h5")


def test_a_lambda_layer_is_refused_and_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    canary = tmp_path / "canary"
    monkeypatch.setenv("MCP_CANARY", str(canary))
    with pytest.raises(ModelRefused, match="'Lambda', which is not a layer that can be loaded safely"):
        read("lambda.h5")
    assert not canary.exists()


def test_what_is_not_hdf5_is_refused_without_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: pytest.fail("a process was started"))
    for content in (b"", b"PK\x03\x04", b"hello" * 100):
        with pytest.raises(ModelRefused, match="not an HDF5 file"):
            read_keras_file(content, "m.h5")
    monkeypatch.setattr(hdf5, "MAX_H5_BYTES", 100)
    with pytest.raises(ModelRefused, match="100 are allowed"):
        read_keras_file(h5_files.HONEST.read_bytes(), "m.h5")


def test_without_h5py_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelRefused, match="extra 'train'"):
        read_keras_file(h5_files.HONEST.read_bytes(), "m.h5")


def test_a_file_that_hangs_the_library_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "DEADLINE_SECONDS", 0.3)
    monkeypatch.setattr(hdf5, "_PROGRAM", "import time; time.sleep(60)")
    with pytest.raises(ModelRefused, match="took longer"):
        read_keras_file(h5_files.HONEST.read_bytes(), "m.h5")


@pytest.mark.parametrize(
    "program",
    [
        "import os; os.abort()",
        "print('hello')",
        "print(3); print('[]', end='')",
        "print(9**9)",
        "print(2); print('{}x', end='')",
    ],
)
def test_a_reader_that_crashes_or_answers_nonsense_is_a_refusal(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hdf5, "_PROGRAM", program)
    with pytest.raises(ModelRefused):
        read_keras_file(h5_files.HONEST.read_bytes(), "m.h5")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limits are those of Linux")
@pytest.mark.parametrize(
    "act",
    [
        "open('/etc/hostname').read()",
        "open(sys.argv[1] + '/written-by-child', 'w')",
        "__import__('subprocess').run(['true'])",
        "__import__('socket').socket()",
        "bytearray(4 * 2**30)",
    ],
)
def test_the_reading_process_can_reach_nothing_else(act: str) -> None:
    program = "import sys; sys.path.insert(0, sys.argv[1]); from adapters.child_limits import give_up_powers;"
    give_up = "give_up_powers(memory_bytes=2**31, cpu_seconds=20, opens_files=False)"
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"{program} {give_up}; {act}; print('reached')",
            str(ROOT),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "reached" not in done.stdout


def test_a_thousand_altered_files_end_in_time_and_never_in_numbers_that_are_not_finite() -> None:
    endings = _mutants("flips", 1000)
    assert endings.pop("bad", 0) == 0
    assert sum(endings.values()) == 1000
    assert endings["refused"] > 200
    assert sum(count for name, count in endings.items() if name.startswith("killed")) < 50


def test_a_cut_file_is_refused_wherever_it_is_cut() -> None:
    endings = _mutants("cuts", 120)
    assert endings == {"refused": 120}


def _mutants(kind: str, count: int) -> dict[str, int]:
    script = Path(__file__).with_name("h5_mutants.py")
    done = subprocess.run(
        [sys.executable, str(script), str(ROOT), str(h5_files.HONEST), kind, str(count)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    endings: dict[str, int] = json.loads(done.stdout)
    return endings


Change = Callable[[Any], object]
LSTM = 1
DENSE = 8


def _layer(index: int, **settings: object) -> Change:
    return lambda c: c["config"]["layers"][index]["config"].update(settings)


def _kind(index: int, **entry: object) -> Change:
    return lambda c: c["config"]["layers"][index].update(entry)


CONFIGS: dict[str, tuple[Change, str]] = {
    "Lambda": (_kind(3, class_name="Lambda"), "'Lambda'"),
    "TFSMLayer": (_kind(3, class_name="TFSMLayer"), "'TFSMLayer'"),
    "custom layer": (_kind(3, class_name="Mine", registered_name="pkg>Mine"), "'Mine'"),
    "custom object by registration": (_kind(3, registered_name="pkg>Dropout"), "custom object"),
    "foreign module": (_kind(3, module="os"), "module 'os'"),
    "foreign module of an initialiser": (
        _layer(LSTM, kernel_initializer={"module": "subprocess", "class_name": "Zeros", "config": {}}),
        "module 'subprocess'",
    ),
    "function as activation": (
        _layer(DENSE, activation={"module": "builtins", "class_name": "function", "config": "eval"}),
        "'function'",
    ),
    "activation by path": (_layer(DENSE, activation="os.system"), "activation 'os.system'"),
    "serialised lambda": (_layer(DENSE, activation={"class_name": "__lambda__", "config": {}}), "'__lambda__'"),
    "class name that is a list": (_kind(3, class_name=["Dropout"]), "which is not a layer"),
    "module that is a dict": (_kind(3, module={}), "module"),
    "half precision": (
        _layer(LSTM, dtype={"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float16"}}),
        "float32 or float64",
    ),
    "a million units": (_layer(LSTM, units=1_000_000), "units"),
    "negative units": (_layer(LSTM, units=-1), "units"),
    "units as text": (_layer(LSTM, units="5"), "units"),
    "no layers": (lambda c: c["config"].update(layers=[]), "layers"),
    "too many layers": (lambda c: c["config"].update(layers=c["config"]["layers"] * 10), "layers"),
    "the same layer twice": (lambda c: c["config"]["layers"].append(c["config"]["layers"][-1]), "comes twice"),
    "another kind of model": (lambda c: c.update(class_name="Dense"), "Sequential or Functional"),
    "a model inside": (lambda c: c["config"]["layers"].insert(1, copy.deepcopy(c)), "where a layer"),
    "input of four axes": (_layer(0, batch_shape=[None, 1, 24, 82]), "input must be"),
    "input of unknown length": (_layer(0, batch_shape=[None, None, 82]), "input must be"),
    "input of a billion steps": (_layer(0, batch_shape=[None, 10**9, 82]), "input must be"),
    "nested a thousand deep": (lambda c: c.update(x=json.loads("[" * 900 + "]" * 900)), "larger than a network"),
}


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_an_architecture_outside_the_list_is_refused(name: str) -> None:
    change, reason = CONFIGS[name]
    config = h5_files.config()
    change(config)
    with pytest.raises(ModelRefused, match=reason):
        parse_architecture(json.dumps(config), "m.h5")


@pytest.mark.parametrize("config", ["", "nonsense", "[" * 100_000, "null", "[]", "{}", '{"class_name": "Sequential"}'])
def test_a_config_that_describes_no_network_is_refused(config: str) -> None:
    with pytest.raises(ModelRefused):
        parse_architecture(config, "m.h5")


UNFIT: dict[str, tuple[Change, str]] = {
    "more units than weights": (_layer(LSTM, units=6), r"needs kernel of shape \(82, 24\), the file holds \(82, 20\)"),
    "fewer features": (_layer(0, batch_shape=[None, 24, 80]), r"\(80, 20\), the file holds \(82, 20\)"),
    "renamed layer": (_layer(DENSE, name="other"), "has no weight kernel"),
    "state kept between batches": (_layer(LSTM, stateful=True), "stateful"),
    "sequence where none is": (_layer(LSTM, return_sequences=False), "a sequence is expected"),
    "normalised over time": (_layer(2, axis=1), "only the last"),
    "epsilon of zero": (_layer(2, epsilon=0.0), "epsilon"),
}


@pytest.mark.parametrize("name", sorted(UNFIT))
def test_weights_that_do_not_fit_the_architecture_are_refused(name: str) -> None:
    change, reason = UNFIT[name]
    config = h5_files.config()
    change(config)
    content = read_h5(h5_files.HONEST.read_bytes())
    weights: dict[str, dict[str, np.ndarray[Any, Any]]] = {}
    for weight in content.weights:
        weights.setdefault(weight.layer, {})[weight.path] = weight.values
    architecture = parse_architecture(json.dumps(config), "m.h5")
    file = KerasFile(architecture=architecture, weights=weights, keras_version="3.11.3")
    with pytest.raises(ModelRefused, match=reason):
        NumpyNetwork(file, "m.h5")
