"""A network in ONNX format, run by ONNX Runtime on one thread, with nothing read from or written to disk."""

from __future__ import annotations

from typing import Any

import numpy as np

from adapters.models_io.metadata import ModelMetadata, check_against_model
from domain.errors import ModelRefused
from domain.window_covariates import Singles

# Larger batches take a third longer per window: what an LSTM keeps of all steps no longer fits the cache.
BATCH = 16
_MAX_ONNX_BYTES = 64 * 2**20


class OnnxNetwork:
    """(batch, steps, features) → (batch, steps, levels), float32; thread-safe.

    Args:
        content: Bytes of the file, already verified.
        artefact: Its name, for the message of a refusal.

    Raises:
        ModelRefused: ONNX Runtime is not installed, or does not accept the graph.
    """

    def __init__(self, content: bytes, artefact: str) -> None:
        self._artefact = artefact
        session = _open_session(content, artefact)
        self._run = session.run
        self._outputs = [session.get_outputs()[0].name]
        self._input = session.get_inputs()[0].name
        self._shape = session.get_inputs()[0].shape

    def __call__(self, inputs: Singles) -> Singles:
        """One pass, in pieces that ONNX Runtime's LSTM works on fastest."""
        if len(inputs) <= BATCH:
            return self._piece(inputs)
        return np.concatenate([self._piece(inputs[first : first + BATCH]) for first in range(0, len(inputs), BATCH)])

    def _piece(self, inputs: Singles) -> Singles:
        answer: Singles = self._run(self._outputs, {self._input: inputs})[0]
        return answer

    def check_against(self, metadata: ModelMetadata, metadata_name: str) -> None:
        """The graph must read what the metadata describe.

        Raises:
            ModelRefused: Names both files and what they disagree on.
        """
        shape = self._shape if len(self._shape) == 3 else (None, None, None)
        steps, features = (size if isinstance(size, int) else -1 for size in shape[1:])
        check_against_model(
            metadata, steps=steps, features=features, metadata_name=metadata_name, model_name=self._artefact
        )


def _open_session(content: bytes, artefact: str) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelRefused(artefact, "ONNX Runtime is not installed; install the package onnxruntime") from error
    if len(content) > _MAX_ONNX_BYTES:
        raise ModelRefused(artefact, f"it has {len(content)} bytes, {_MAX_ONNX_BYTES} are allowed")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    refusals: tuple[type[Exception], ...] = (RuntimeError, ValueError, *_runtime_errors())
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except refusals as error:
        raise ModelRefused(artefact, "ONNX Runtime does not accept it; train again") from error


def _runtime_errors() -> tuple[type[Exception], ...]:
    """ONNX Runtime's own errors, which share no base but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
    return tuple(getattr(state, name) for name in (*names, "RuntimeException") if hasattr(state, name))
