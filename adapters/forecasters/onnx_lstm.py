"""The service model run by ONNX Runtime: how it is served by default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adapters.forecasters.service_artefacts import SERVICE_ONNX, check_answers, read_service_artefacts
from adapters.forecasters.service_lstm import ServiceLstmForecaster
from domain.errors import ModelRefused
from domain.window_covariates import Singles

_MAX_ONNX_BYTES = 64 * 2**20


class OnnxLstmForecaster(ServiceLstmForecaster):
    """Loaded once, one thread per call; calls may come from any number of threads.

    Args:
        folder: Where the service model's artefacts lie.

    Raises:
        ModelRefused: An artefact is missing, altered or mismatched, or ONNX Runtime is not installed or rejects it.
    """

    def __init__(self, folder: Path) -> None:
        artefacts = read_service_artefacts(folder, SERVICE_ONNX)
        self.model_digest = artefacts.digest
        self.calibration = artefacts.calibration
        session = open_session(artefacts.network, SERVICE_ONNX)
        self._run = session.run
        self._outputs = [session.get_outputs()[0].name]
        self._input = session.get_inputs()[0].name
        check_answers(artefacts, self.predict, SERVICE_ONNX)

    def predict(self, inputs: Singles) -> Singles:
        """One pass through the network."""
        answer: Singles = self._run(self._outputs, {self._input: inputs})[0]
        return answer


def open_session(content: bytes, artefact: str) -> Any:
    """An inference session on one thread, without anything read from or written to disk.

    Raises:
        ModelRefused: ONNX Runtime is not installed, or does not accept the graph.
    """
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
