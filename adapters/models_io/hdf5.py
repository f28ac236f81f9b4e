"""Opening a Keras .h5 file: in a child process without powers, checked there, judged again here."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from adapters.models_io.architecture import Architecture, parse_architecture
from domain.errors import ModelRefused

DEADLINE_SECONDS = 60.0
MAX_H5_BYTES = 256 * 2**20
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_ROOT = str(Path(__file__).resolve().parents[2])
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from adapters.models_io.h5_child import main; main()"

# layer name → last part of the weight's path (and the part before it, for a wrapper's two halves) → values
LayerWeights = dict[str, dict[str, NDArray[np.float32]]]


@dataclass(frozen=True, eq=False, kw_only=True)
class KerasFile:
    """A network as an .h5 file holds it, checked.

    Attributes:
        architecture: Its layers, all of kinds we know.
        weights: Layer → weight path → float32 array, finite.
        keras_version: The version that wrote it, as the file says.
    """

    architecture: Architecture
    weights: LayerWeights
    keras_version: str


def read_keras_file(data: bytes, artefact: str) -> KerasFile:
    """Architecture and weights of an .h5 file, without TensorFlow.

    Call it only with bytes whose digest matched the manifest, or that an operator vouches for.

    Args:
        data: The whole file.
        artefact: Its name, for the message of a refusal.

    Raises:
        ModelRefused: h5py is not installed, the file is damaged or asks for anything but plain weights inside
            itself, or its architecture holds a layer that is not on the list.
    """
    if importlib.util.find_spec("h5py") is None:
        raise ModelRefused(artefact, "reading .h5 files needs h5py; install the extra 'train'")
    if len(data) > MAX_H5_BYTES:
        raise ModelRefused(artefact, f"it has {len(data)} bytes, {MAX_H5_BYTES} are allowed")
    if not data.startswith(_SIGNATURE):
        raise ModelRefused(artefact, "it is not an HDF5 file")
    header, payload = _split(_run_child(data, artefact), artefact)
    if "refused" in header:
        raise ModelRefused(artefact, str(header["refused"])[:500])
    weights = _arrays(header.get("weights"), payload, artefact)
    architecture = parse_architecture(str(header.get("config")), artefact)
    return KerasFile(
        architecture=architecture, weights=weights, keras_version=str(header.get("keras_version", ""))[:32]
    )


def _run_child(data: bytes, artefact: str) -> bytes:
    command = [sys.executable, "-I", "-c", _PROGRAM, _ROOT]
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    environment = {**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, a constant program, the file only as standard input
            command, input=data, capture_output=True, timeout=DEADLINE_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ModelRefused(artefact, f"reading it took longer than {DEADLINE_SECONDS:.0f} s") from error
    if done.returncode != 0:
        raise ModelRefused(artefact, "the HDF5 library could not read it; it may have been cut or altered")
    return done.stdout


def _split(answer: bytes, artefact: str) -> tuple[dict[str, object], bytes]:
    length, _, rest = answer.partition(b"\n")
    if not length.isdigit() or len(length) > 9 or len(rest) < int(length):
        raise ModelRefused(artefact, "the process that reads .h5 files gave no answer")
    try:
        header = json.loads(rest[: int(length)])
    except (ValueError, RecursionError) as error:
        raise ModelRefused(artefact, "the process that reads .h5 files gave no answer") from error
    return (header if isinstance(header, dict) else {}), rest[int(length) :]


def _arrays(listed: object, payload: bytes, artefact: str) -> LayerWeights:
    weights: LayerWeights = {}
    position = 0
    for entry in listed if isinstance(listed, list) else []:
        shape = tuple(int(size) for size in entry["shape"])
        values = np.frombuffer(payload, dtype="<f4", count=math.prod(shape), offset=position).reshape(shape)
        position += values.nbytes
        if not np.isfinite(values).all():
            raise ModelRefused(artefact, f"the layer {entry['layer']!r} holds a weight that is not finite")
        weights.setdefault(str(entry["layer"]), {})[str(entry["path"])] = values.astype(np.float32)
    if position != len(payload):
        raise ModelRefused(artefact, "the process that reads .h5 files gave no answer")
    return weights
