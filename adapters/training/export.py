"""All artefacts of a trained network, as bytes, checked against each other before they leave."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from adapters.models_io.golden import GOLDEN_KEY, golden_answer
from adapters.models_io.metadata import write_metadata
from adapters.training.loss_curve import loss_curve_svg
from adapters.training.network import NetworkShape
from adapters.training.onnx_export import INPUT_NAME, to_onnx
from domain.errors import ModelRefused

AGREEMENT: Final = 1e-5
HISTORY_NAME: Final = "training_history.json"
CURVE_NAME: Final = "loss_curve.svg"


def export_files(
    model: Any,
    shape: NetworkShape,
    *,
    metadata: Mapping[str, object],
    history: Sequence[Mapping[str, float]],
    names: tuple[str, str, str],
) -> dict[str, bytes]:
    """The files of a model: Keras, ONNX, metadata with a golden prediction, history and loss curve.

    Args:
        model: Trained Keras model.
        shape: Its shape.
        metadata: Without the golden prediction.
        history: One entry per epoch.
        names: File names of the Keras model, the ONNX model and the metadata.

    Raises:
        ModelRefused: Keras and ONNX Runtime differ by more than 1e-5 on random inputs.
    """
    h5_name, onnx_name, metadata_name = names
    onnx_bytes = to_onnx(model, shape)
    check_agreement(model, onnx_bytes, shape, onnx_name)

    def predict(inputs: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
        return model.predict_on_batch(inputs)

    golden = golden_answer(predict, shape.steps, shape.features)
    return {
        h5_name: h5_bytes(model),
        onnx_name: onnx_bytes,
        metadata_name: write_metadata({**metadata, GOLDEN_KEY: golden}),
        HISTORY_NAME: (json.dumps(list(history), indent=1) + "\n").encode(),
        CURVE_NAME: loss_curve_svg(history).encode(),
    }


def check_agreement(model: Any, onnx_bytes: bytes, shape: NetworkShape, artefact: str) -> float:
    """Largest difference between Keras and ONNX Runtime on random inputs.

    Raises:
        ModelRefused: It is larger than 1e-5.
    """
    import onnxruntime

    inputs = np.random.default_rng(0).normal(0, 2, (32, shape.steps, shape.features)).astype(np.float32)
    session = onnxruntime.InferenceSession(onnx_bytes, providers=["CPUExecutionProvider"])
    ours, theirs = session.run(None, {INPUT_NAME: inputs})[0], np.asarray(model.predict_on_batch(inputs))
    difference = float(np.max(np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs))))
    if not difference <= AGREEMENT:
        raise ModelRefused(artefact, f"the exported network differs from the trained one by {difference:.2g}")
    return difference


def h5_bytes(model: Any) -> bytes:
    """The model as a Keras .h5 file, without optimizer state."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.h5"
        model.save(path, include_optimizer=False)
        return path.read_bytes()
