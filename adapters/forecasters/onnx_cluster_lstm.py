"""The cluster model run by ONNX Runtime: how it is served by default."""

from __future__ import annotations

from pathlib import Path

from adapters.forecasters.cluster_artefacts import CLUSTER_METADATA, CLUSTER_ONNX, read_cluster_artefacts
from adapters.forecasters.cluster_lstm import ClusterLstmForecaster
from adapters.forecasters.onnx_network import OnnxNetwork
from domain.window_covariates import Singles


class OnnxClusterForecaster(ClusterLstmForecaster):
    """Loaded once, one thread per call; calls may come from any number of threads.

    Args:
        folder: Where the cluster model's artefacts lie.

    Raises:
        ModelRefused: An artefact is missing, altered or mismatched, or ONNX Runtime is not installed or rejects it.
    """

    def __init__(self, folder: Path) -> None:
        artefacts = read_cluster_artefacts(folder, CLUSTER_ONNX)
        super().__init__(artefacts)
        self._network = OnnxNetwork(artefacts.network, CLUSTER_ONNX)
        self._network.check_against(artefacts.metadata, CLUSTER_METADATA)
        self.check_answers(CLUSTER_ONNX)

    def predict(self, inputs: Singles) -> Singles:
        """One pass through the network."""
        return self._network(inputs)
