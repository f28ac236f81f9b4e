"""A network in Keras's format, run by TensorFlow: compiled by XLA for fixed batch sizes, and warmed up."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from adapters.models_io.hdf5 import read_keras_file
from adapters.models_io.metadata import ModelMetadata, check_against_model
from domain.errors import ModelRefused
from domain.window_covariates import Singles

# XLA compiles one program per batch size; other sizes are padded up to the next of these, larger ones go in pieces.
BATCH_SIZES: Final = (1, 64)


class TensorFlowNetwork:
    """(batch, steps, features) → (batch, steps, levels), float32; thread-safe.

    Args:
        content: Bytes of the .h5 file, already verified.
        artefact: Its name, for the message of a refusal.
        metadata: What the network must read.
        metadata_name: Where the metadata come from.

    Raises:
        ModelRefused: TensorFlow is not installed, the file is unsafe or damaged, or disagrees with the metadata.
    """

    def __init__(self, content: bytes, artefact: str, metadata: ModelMetadata, metadata_name: str) -> None:
        # Judged in a process without powers before Keras sees it: known layers, finite weights, no links.
        found = read_keras_file(content, artefact).architecture
        check_against_model(
            metadata, steps=found.steps, features=found.features, metadata_name=metadata_name, model_name=artefact
        )
        self._program = _compiled(_load_keras(content, artefact))
        for size in BATCH_SIZES:
            self._program(np.zeros((size, found.steps, found.features), dtype=np.float32))

    def __call__(self, inputs: Singles) -> Singles:
        """One pass."""
        largest = BATCH_SIZES[-1]
        pieces = [self._piece(inputs[first : first + largest]) for first in range(0, len(inputs), largest)]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _piece(self, inputs: Singles) -> Singles:
        count = len(inputs)
        size = next(size for size in BATCH_SIZES if size >= count)
        if size > count:
            padding = np.zeros((size - count, *inputs.shape[1:]), dtype=np.float32)
            inputs = np.concatenate([inputs, padding])
        answer: Singles = self._program(inputs).numpy()[:count]
        return answer


def _load_keras(content: bytes, artefact: str) -> Any:
    try:
        import keras
    except ImportError as error:
        raise ModelRefused(artefact, "TensorFlow is not installed; install the extra 'train'") from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.h5"  # Keras reads .h5 by name only
        path.write_bytes(content)
        try:
            return keras.models.load_model(path, compile=False, safe_mode=True)
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise ModelRefused(artefact, "Keras does not accept it; train again") from error


def _compiled(model: Any) -> Any:
    import tensorflow as tf

    @tf.function(jit_compile=True, reduce_retracing=False)  # type: ignore[untyped-decorator, unused-ignore]
    def program(inputs: Any) -> Any:
        return model(inputs, training=False)

    return program
