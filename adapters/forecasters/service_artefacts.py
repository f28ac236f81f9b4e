"""Loading the service model's artefacts: digests first, then metadata, then the network itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from adapters.models_io.artefacts import read_artefacts
from adapters.models_io.golden import check_golden
from adapters.models_io.metadata import ModelMetadata, read_metadata
from domain.errors import ModelRefused
from domain.interval_calibration import IntervalCalibration
from domain.quantile_head import HEAD_LEVELS
from domain.window_covariates import DAY, FEATURE_NAMES, Singles

SERVICE_H5: Final = "mcp_service_lstm_model.h5"
SERVICE_ONNX: Final = "mcp_service_lstm_model.onnx"
SERVICE_METADATA: Final = "mcp_service_metadata.pkl"

Predict = Callable[[Singles], Singles]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServiceArtefacts:
    """What was read: the network's bytes, already verified, and what the metadata say."""

    network: bytes
    metadata: ModelMetadata
    digest: str

    @property
    def calibration(self) -> IntervalCalibration:
        """How much wider than the network says the interval is, as measured in training.

        Raises:
            ModelRefused: The metadata hold none, or one that cannot be used.
        """
        stored = self.metadata.extra.get("interval_calibration")
        try:
            return IntervalCalibration.from_dict(stored if isinstance(stored, dict) else {})
        except ValueError as error:
            raise ModelRefused(SERVICE_METADATA, f"interval_calibration: {error}; train again") from error


def read_service_artefacts(folder: Path, network_name: str) -> ServiceArtefacts:
    """Read and verify one network file and the metadata.

    Raises:
        ModelRefused: A file is missing, altered, or of another shape than this program computes covariates for.
    """
    found = read_artefacts(folder, (network_name, SERVICE_METADATA))
    metadata = read_metadata(found.file(SERVICE_METADATA), SERVICE_METADATA)
    check_service_metadata(metadata)
    return ServiceArtefacts(network=found.file(network_name), metadata=metadata, digest=found.manifest.digest)


def check_service_metadata(metadata: ModelMetadata) -> None:
    """The model must read exactly the covariates that are computed here, and answer with the levels known here.

    Raises:
        ModelRefused: It does not; the message says what differs.
    """
    if metadata.sequence_length != DAY or metadata.feature_names != FEATURE_NAMES:
        reason = f"it was trained on {metadata.sequence_length} steps of {metadata.n_features} covariates, "
        expected = f"{DAY} steps of {len(FEATURE_NAMES)} are computed here; train the service model again"
        raise ModelRefused(SERVICE_METADATA, reason + expected)
    levels = metadata.extra.get("quantiles")
    if not isinstance(levels, Sequence) or tuple(levels) != HEAD_LEVELS:
        raise ModelRefused(SERVICE_METADATA, f"its quantiles are {levels}, {HEAD_LEVELS} are expected; train again")


def check_answers(artefacts: ServiceArtefacts, predict: Predict, artefact: str) -> None:
    """Warm the network up and compare with the prediction kept beside it.

    Raises:
        ModelRefused: The shape is wrong, or the answer is not the one kept.
    """
    answer = predict(np.zeros((2, DAY, len(FEATURE_NAMES)), dtype=np.float32))
    if answer.shape != (2, DAY, len(HEAD_LEVELS)):
        raise ModelRefused(artefact, f"it answers with the shape {answer.shape}; train the service model again")
    check_golden(artefacts.metadata.extra, predict, steps=DAY, features=len(FEATURE_NAMES), artefact=artefact)
