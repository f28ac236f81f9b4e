"""The service model run by ONNX Runtime: how it is served by default."""

from __future__ import annotations

from pathlib import Path

from adapters.forecasters.onnx_network import OnnxNetwork
from adapters.forecasters.service_artefacts import (
    SERVICE_METADATA,
    SERVICE_ONNX,
    check_answers,
    read_service_artefacts,
)
from adapters.forecasters.service_lstm import ServiceLstmForecaster
from domain.window_covariates import Singles


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
        self._network = OnnxNetwork(artefacts.network, SERVICE_ONNX)
        self._network.check_against(artefacts.metadata, SERVICE_METADATA)
        check_answers(artefacts, self.predict, SERVICE_ONNX)

    def predict(self, inputs: Singles) -> Singles:
        """One pass through the network."""
        return self._network(inputs)
