"""The metadata of a model: which columns it reads, how they are scaled, what it predicts; and who disagrees with it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from adapters.models_io.safe_pickle import read_pickle
from adapters.models_io.scalers import AffineScaler, ScalerRefused, scaler_from_plain, scaler_to_plain
from domain.errors import ModelRefused

MAX_SEQUENCE_LENGTH = 4096
MAX_FEATURES = 4096
MAX_NAME_CHARACTERS = 128
# The format's first user renames a log-transformed target in memory and stores that name.
LOG_SUFFIX = "_log"
REQUIRED_KEYS = (
    "sequence_length",
    "feature_names",
    "n_features",
    "target_col",
    "scaler",
    "target_scaler",
    "use_log_transform",
)


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelMetadata:
    """What a metadata file says, checked.

    Attributes:
        sequence_length: Steps the model reads (hours for the cluster model).
        feature_names: Columns of each step, in order.
        target_col: The target as the file names it.
        scaler: Scaling of the features, or None when the model's inputs are scaled otherwise.
        target_scaler: Scaling of the target (one column), or None.
        use_log_transform: Whether the scaled target is log1p of the real one.
        extra: All further keys, ours among them: plain Python and NumPy values.
    """

    sequence_length: int
    feature_names: tuple[str, ...]
    target_col: str
    scaler: AffineScaler | None
    target_scaler: AffineScaler | None
    use_log_transform: bool
    extra: Mapping[str, object]

    @property
    def n_features(self) -> int:
        """Number of columns of each step."""
        return len(self.feature_names)

    @property
    def target_column(self) -> str:
        """The column of the data that is predicted: without the suffix of a log-transformed one."""
        if self.use_log_transform and self.target_col.endswith(LOG_SUFFIX):
            return self.target_col.removesuffix(LOG_SUFFIX)
        return self.target_col


def read_metadata(data: bytes, artefact: str) -> ModelMetadata:
    """Read a metadata pickle and check it against itself.

    Raises:
        ModelRefused: It is not safe to read, a key is missing, or two of its values disagree.
    """
    content = read_pickle(data, artefact)
    if not isinstance(content, dict):
        raise ModelRefused(artefact, "it is not a dict of metadata")
    missing = [key for key in REQUIRED_KEYS if key not in content]
    if missing:
        raise ModelRefused(artefact, f"it lacks {', '.join(missing)}")
    names = _names(content["feature_names"], artefact)
    declared = _integer(content, "n_features", MAX_FEATURES, artefact)
    if declared != len(names):
        raise ModelRefused(artefact, f"n_features says {declared}, feature_names lists {len(names)}")
    log = content["use_log_transform"]
    if not isinstance(log, (bool, np.bool_)):
        raise ModelRefused(artefact, "use_log_transform must be true or false")
    return ModelMetadata(
        sequence_length=_integer(content, "sequence_length", MAX_SEQUENCE_LENGTH, artefact),
        feature_names=names,
        target_col=_names([content["target_col"]], artefact)[0],
        scaler=_scaler(content, "scaler", len(names), artefact),
        target_scaler=_scaler(content, "target_scaler", 1, artefact),
        use_log_transform=bool(log),
        extra=MappingProxyType({str(key): value for key, value in content.items() if key not in REQUIRED_KEYS}),
    )


def write_metadata(content: Mapping[str, object]) -> bytes:
    """A metadata file holding plain Python and NumPy values only, certain to be readable again.

    Args:
        content: At least ``REQUIRED_KEYS``; ``AffineScaler`` values are written as plain dicts.

    Raises:
        ModelRefused: ``read_metadata`` would refuse the result, for example because of a value of another type.
    """
    plain = {k: scaler_to_plain(v) if isinstance(v, AffineScaler) else v for k, v in content.items()}
    data = pickle.dumps(plain, protocol=4)
    read_metadata(data, "metadata")
    return data


def check_against_model(
    metadata: ModelMetadata, *, steps: int, features: int, metadata_name: str, model_name: str
) -> None:
    """The model must read what the metadata describes.

    Raises:
        ModelRefused: Names both files and the number they disagree on.
    """
    for what, said, taken in (
        ("steps (sequence_length)", metadata.sequence_length, steps),
        ("features", metadata.n_features, features),
    ):
        if said != taken:
            reason = (
                f"{metadata_name} and {model_name} disagree on {what}: {said} in the metadata, {taken} in the model"
            )
            raise ModelRefused(model_name, f"{reason}; use the pair that was written together, or train again")


def check_against_columns(
    metadata: ModelMetadata, columns: Sequence[str], *, metadata_name: str, data_name: str
) -> None:
    """The data must hold every column the metadata names.

    Raises:
        ModelRefused: Names both files and the columns that are missing.
    """
    present = set(columns)
    wanted = (*metadata.feature_names, metadata.target_column)
    missing = [name for name in wanted if name not in present]
    if missing:
        listed = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        reason = f"{metadata_name} and {data_name} disagree on the columns: the data lacks {listed}"
        raise ModelRefused(metadata_name, f"{reason}; use the data the model was trained on, or train again")


def _integer(content: Mapping[object, object], key: str, largest: int, artefact: str) -> int:
    value = content[key]
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and 1 <= value <= largest:
        return int(value)
    raise ModelRefused(artefact, f"{key} must be a whole number from 1 to {largest}")


def _names(value: object, artefact: str) -> tuple[str, ...]:
    names = tuple(value) if isinstance(value, (list, tuple)) else ()
    if not 1 <= len(names) <= MAX_FEATURES:
        raise ModelRefused(artefact, f"feature_names must list 1 to {MAX_FEATURES} columns")
    for name in names:
        if not isinstance(name, str) or not name.isprintable() or not 1 <= len(name) <= MAX_NAME_CHARACTERS:
            raise ModelRefused(artefact, f"every column must have a printable name of at most {MAX_NAME_CHARACTERS}")
    if len(set(names)) != len(names):
        raise ModelRefused(artefact, "feature_names lists a column twice")
    return names


def _scaler(content: Mapping[object, object], key: str, columns: int, artefact: str) -> AffineScaler | None:
    value = content[key]
    if value is None:
        return None
    try:
        scaler = scaler_from_plain(value) if isinstance(value, dict) else value
    except ScalerRefused as error:
        raise ModelRefused(artefact, f"{key}: {error}") from error
    if not isinstance(scaler, AffineScaler):
        raise ModelRefused(artefact, f"{key} must be a fitted scaler")
    if scaler.n_features != columns:
        raise ModelRefused(artefact, f"{key} scales {scaler.n_features} columns, {columns} are listed")
    return scaler
