"""Opens the trained models of a folder with the library that is asked for, or that their files ask for.

TensorFlow is imported only where it is to run a network.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from adapters.forecasters.cluster_artefacts import CLUSTER_ONNX
from adapters.forecasters.cluster_lstm import ClusterLstmForecaster
from adapters.forecasters.lstm import LstmForecaster
from adapters.forecasters.onnx_cluster_lstm import OnnxClusterForecaster
from adapters.forecasters.onnx_lstm import OnnxLstmForecaster
from adapters.forecasters.service_artefacts import SERVICE_ONNX
from adapters.forecasters.service_lstm import ServiceLstmForecaster
from adapters.forecasters.tensorflow_cluster_lstm import TensorFlowClusterForecaster
from adapters.forecasters.tensorflow_lstm import TensorFlowLstmForecaster
from adapters.models_io.artefacts import read_manifest
from adapters.models_io.manifest import MANIFEST_NAME

# auto: ONNX Runtime where the exported file is there, TensorFlow where only the Keras file is.
Runtime = Literal["auto", "onnx", "tensorflow"]


def open_lstm(model_dir: Path, runtime: Runtime) -> LstmForecaster:
    """Both models; a cluster model is used only where there is one.

    Args:
        model_dir: Holds the cluster model; the service model lies in ``service`` below it.
        runtime: What runs the networks.

    Raises:
        ModelRefused: A model cannot be used, or the library is not installed.
    """
    cluster = open_cluster_model(model_dir, runtime) if (model_dir / MANIFEST_NAME).is_file() else None
    return LstmForecaster(open_service_model(model_dir / "service", runtime), cluster)


def open_service_model(folder: Path, runtime: Runtime) -> ServiceLstmForecaster:
    """The service model in a folder; raises as :func:`open_lstm` does."""
    with_onnx = _with_onnx(folder, SERVICE_ONNX, runtime)
    return OnnxLstmForecaster(folder) if with_onnx else TensorFlowLstmForecaster(folder)


def open_cluster_model(folder: Path, runtime: Runtime) -> ClusterLstmForecaster:
    """The cluster model in a folder; raises as :func:`open_lstm` does."""
    with_onnx = _with_onnx(folder, CLUSTER_ONNX, runtime)
    return OnnxClusterForecaster(folder) if with_onnx else TensorFlowClusterForecaster(folder)


def _with_onnx(folder: Path, onnx_name: str, runtime: Runtime) -> bool:
    if runtime != "auto":
        return runtime == "onnx"
    # What the manifest names must be there: a file that was deleted is a fault to be told, not a choice.
    return onnx_name in read_manifest(folder).files
