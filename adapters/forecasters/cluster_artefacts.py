"""Loading the cluster model's artefacts: digests first, then metadata, then the network itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from adapters.models_io.artefacts import ArtefactSet, read_artefacts, read_manifest
from adapters.models_io.metadata import ModelMetadata, read_metadata
from adapters.models_io.scalers import AffineScaler
from domain.covariates import ALL_COLUMNS, BinEdges
from domain.errors import InvalidData, ModelRefused
from domain.quantile_head import HEAD_LEVELS
from domain.series import Floats

CLUSTER_H5: Final = "best_mcp_lstm_model.h5"
CLUSTER_ONNX: Final = "best_mcp_lstm_model.onnx"
CLUSTER_METADATA: Final = "mcp_model_metadata.pkl"
CLUSTER_DATA: Final = "training_data.csv"
DATA_HASH_KEY: Final = "prepared_data_hash"
SCALED_LIMIT: Final = 12.0
HORIZON: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterArtefacts:
    """The network's bytes, already verified, and everything needed to feed it.

    Attributes:
        network: Content of the network file.
        metadata: As read.
        columns: Positions of the features among the 84 columns.
        edges: Bin edges learned on the training rows.
        lower, upper: Winsor bounds, (82,).
        scaler, target_scaler: Of features and target.
        interval_scale: Calibration of the interval.
        digest: Identity of the whole set.
    """

    network: bytes
    metadata: ModelMetadata
    columns: Sequence[int]
    edges: BinEdges
    lower: Floats
    upper: Floats
    scaler: AffineScaler
    target_scaler: AffineScaler
    interval_scale: float
    digest: str

    def scaled(self, table: Floats) -> Floats:
        """Features of rows (n, 84) in the scale the network reads: winsorized, scaled, limited."""
        bounded = np.clip(table[:, self.columns], self.lower, self.upper)
        return np.clip(self.scaler.transform(bounded), -SCALED_LIMIT, SCALED_LIMIT)


def read_cluster_artefacts(folder: Path, network_name: str) -> ClusterArtefacts:
    """Read and verify one network file and the metadata.

    Raises:
        ModelRefused: A file is missing, altered, of another training, or the metadata lack what a direct 24-hour
            model needs.
    """
    data = tuple(name for name in read_manifest(folder).files if name == CLUSTER_DATA)
    found = read_artefacts(folder, (network_name, CLUSTER_METADATA, *data))
    metadata = read_metadata(found.file(CLUSTER_METADATA), CLUSTER_METADATA)
    _check_data(found, metadata)
    unknown = [name for name in metadata.feature_names if name not in ALL_COLUMNS]
    if unknown:
        raise ModelRefused(CLUSTER_METADATA, f"the covariate {unknown[0]} is not known here; train again")
    if metadata.sequence_length < HORIZON or tuple(_levels(metadata.extra)) != HEAD_LEVELS:
        reason = f"it must read at least 24 hours and answer the quantiles {HEAD_LEVELS}; train the cluster model again"
        raise ModelRefused(CLUSTER_METADATA, reason)
    if metadata.scaler is None or metadata.target_scaler is None:
        raise ModelRefused(CLUSTER_METADATA, "scaler and target_scaler are needed; train again")
    return ClusterArtefacts(
        network=found.file(network_name),
        metadata=metadata,
        columns=[ALL_COLUMNS.index(name) for name in metadata.feature_names],
        edges=_edges(metadata.extra),
        lower=_bound(metadata, "winsor_lower"),
        upper=_bound(metadata, "winsor_upper"),
        scaler=metadata.scaler,
        target_scaler=metadata.target_scaler,
        interval_scale=_interval_scale(metadata),
        digest=found.manifest.digest,
    )


def _levels(extra: Mapping[str, object]) -> Sequence[object]:
    levels = extra.get("quantiles")
    return levels if isinstance(levels, (list, tuple)) else ()


def _edges(extra: Mapping[str, object]) -> BinEdges:
    stored = extra.get("bin_edges")
    if not isinstance(stored, dict):
        raise ModelRefused(CLUSTER_METADATA, "bin_edges are missing; train again")
    try:
        return BinEdges.from_dict(stored)
    except InvalidData as error:
        raise ModelRefused(CLUSTER_METADATA, f"bin_edges cannot be used: {error.message}; train again") from error


def _bound(metadata: ModelMetadata, key: str) -> Floats:
    value = metadata.extra.get(key)
    if not isinstance(value, np.ndarray) or value.shape != (metadata.n_features,) or np.isnan(value).any():
        raise ModelRefused(CLUSTER_METADATA, f"{key} must hold one number per feature; train again")
    return value.astype(np.float64)


def _check_data(found: ArtefactSet, metadata: ModelMetadata) -> None:
    """Data, metadata and network of one set belong to one training."""
    expected = metadata.extra.get(DATA_HASH_KEY)
    entry = found.manifest.files.get(CLUSTER_DATA)
    if (entry.sha256 if entry else None) != expected:
        reason = f"{CLUSTER_DATA} and {CLUSTER_METADATA} were not written by the same training; train again"
        raise ModelRefused(CLUSTER_DATA, reason)


def _interval_scale(metadata: ModelMetadata) -> float:
    value = metadata.extra.get("interval_scale")
    if not isinstance(value, float) or not 0.5 <= value <= 2.0:
        raise ModelRefused(CLUSTER_METADATA, f"interval_scale must be from 0.5 to 2, got {value!r}; train again")
    return value
