"""The service model run by TensorFlow: for when only the Keras file is there, or when asked."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from adapters.forecasters.service_artefacts import SERVICE_H5, check_answers, read_service_artefacts
from adapters.forecasters.service_lstm import CHUNK, ServiceLstmForecaster
from adapters.models_io.hdf5 import read_keras_file
from domain.errors import ModelRefused
from domain.window_covariates import DAY, FEATURE_NAMES, Singles

# XLA compiles one program per batch size; other sizes are padded up to the next of these.
BATCH_SIZES: Final = (1, CHUNK)


class TensorFlowLstmForecaster(ServiceLstmForecaster):
    """Compiled by XLA for fixed batch sizes and warmed up; calls may come from any number of threads.

    Args:
        folder: Where the service model's artefacts lie.

    Raises:
        ModelRefused: An artefact is missing, altered or mismatched, or TensorFlow is not installed.
    """

    def __init__(self, folder: Path) -> None:
        artefacts = read_service_artefacts(folder, SERVICE_H5)
        self.model_digest = artefacts.digest
        self.calibration = artefacts.calibration
        # Judged in a process without powers before Keras sees it: known layers, finite weights, no links.
        read_keras_file(artefacts.network, SERVICE_H5)
        self._program = _compiled(load_keras(artefacts.network, SERVICE_H5))
        for size in BATCH_SIZES:
            self._program(np.zeros((size, DAY, len(FEATURE_NAMES)), dtype=np.float32))
        check_answers(artefacts, self.predict, SERVICE_H5)

    def predict(self, inputs: Singles) -> Singles:
        """One pass through the network; inputs larger than the largest compiled batch go in pieces."""
        pieces = [self._piece(inputs[first : first + CHUNK]) for first in range(0, len(inputs), CHUNK)]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _piece(self, inputs: Singles) -> Singles:
        count = len(inputs)
        size = next(size for size in BATCH_SIZES if size >= count)
        if size > count:
            padding = np.zeros((size - count, *inputs.shape[1:]), dtype=np.float32)
            inputs = np.concatenate([inputs, padding])
        answer: Singles = self._program(inputs).numpy()[:count]
        return answer


def load_keras(content: bytes, artefact: str) -> Any:
    """A Keras model from the bytes of an .h5 file that were already checked.

    Raises:
        ModelRefused: TensorFlow is not installed, or Keras does not accept the file.
    """
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
