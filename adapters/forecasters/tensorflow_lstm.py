"""The service model run by TensorFlow: for when only the Keras file is there, or when asked."""

from __future__ import annotations

from pathlib import Path

from adapters.forecasters.service_artefacts import (
    SERVICE_H5,
    SERVICE_METADATA,
    check_answers,
    read_service_artefacts,
)
from adapters.forecasters.service_lstm import ServiceLstmForecaster
from adapters.forecasters.tensorflow_network import TensorFlowNetwork
from domain.window_covariates import Singles


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
        self._network = TensorFlowNetwork(artefacts.network, SERVICE_H5, artefacts.metadata, SERVICE_METADATA)
        check_answers(artefacts, self.predict, SERVICE_H5)

    def predict(self, inputs: Singles) -> Singles:
        """One pass through the network; inputs larger than the largest compiled batch go in pieces."""
        return self._network(inputs)
