"""The cluster model run by TensorFlow: for when only the Keras file is there, or when asked."""

from __future__ import annotations

from pathlib import Path

from adapters.forecasters.cluster_artefacts import CLUSTER_H5, CLUSTER_METADATA, read_cluster_artefacts
from adapters.forecasters.cluster_lstm import ClusterLstmForecaster
from adapters.forecasters.tensorflow_network import TensorFlowNetwork
from domain.window_covariates import Singles


class TensorFlowClusterForecaster(ClusterLstmForecaster):
    """Compiled by XLA for fixed batch sizes and warmed up; calls may come from any number of threads.

    Args:
        folder: Where the cluster model's artefacts lie.

    Raises:
        ModelRefused: An artefact is missing, altered or mismatched, or TensorFlow is not installed.
    """

    def __init__(self, folder: Path) -> None:
        artefacts = read_cluster_artefacts(folder, CLUSTER_H5)
        super().__init__(artefacts)
        self._network = TensorFlowNetwork(artefacts.network, CLUSTER_H5, artefacts.metadata, CLUSTER_METADATA)
        self.check_answers(CLUSTER_H5)

    def predict(self, inputs: Singles) -> Singles:
        """One pass through the network."""
        return self._network(inputs)
