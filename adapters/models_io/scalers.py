"""Stand-in for the scalers of scikit-learn: plain attributes and the two formulas, without scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# class name → (attribute subtracted first, attribute divided by). MinMaxScaler multiplies and adds instead.
_CENTRE_AND_SCALE = {"RobustScaler": ("center_", "scale_"), "StandardScaler": ("mean_", "scale_")}
SCALER_KINDS = frozenset({*_CENTRE_AND_SCALE, "MinMaxScaler"})


class ScalerRefused(ValueError):
    """The attributes do not describe a fitted scaler."""


@dataclass(frozen=True, eq=False)
class AffineScaler:
    """Column-wise ``(x - offset) / scale``: what robust, standard and min-max scaling come down to.

    Attributes:
        kind: Class name of the scaler it stands for.
        offset: float64, shape (n_features,), finite.
        scale: float64, shape (n_features,), finite, no zero.
        clip: Bounds of the scaled values, for a MinMaxScaler that clips; None otherwise.
    """

    kind: str
    offset: Floats
    scale: Floats
    clip: tuple[float, float] | None = None

    @property
    def n_features(self) -> int:
        """Columns it was fitted on."""
        return int(self.offset.size)

    def transform(self, values: Floats) -> Floats:
        """Scaled values; the last axis of ``values`` are the columns."""
        scaled = (np.asarray(values, dtype=np.float64) - self.offset) / self.scale
        return scaled if self.clip is None else np.clip(scaled, *self.clip)

    def inverse_transform(self, values: Floats) -> Floats:
        """Undo ``transform`` (clipping cannot be undone)."""
        return np.asarray(values, dtype=np.float64) * self.scale + self.offset


def scaler_from_attributes(kind: str, attributes: Mapping[str, object]) -> AffineScaler:
    """The scaler that a fitted scikit-learn object with these attributes is.

    Args:
        kind: One of ``SCALER_KINDS``.
        attributes: What the object's ``__dict__`` held: numbers, arrays, text.

    Raises:
        ScalerRefused: Not fitted, not finite, a zero scale, or sizes that disagree.
    """
    if kind == "MinMaxScaler":
        factor, shift = _vector(attributes, "scale_", kind), _vector(attributes, "min_", kind)
        if not factor.all() or factor.shape != shift.shape:
            raise ScalerRefused(f"{kind}.scale_ holds a zero or does not match min_")
        with np.errstate(over="ignore"):
            return _checked(AffineScaler(kind, -shift / factor, 1.0 / factor, _clip_range(attributes)), attributes)
    centre_name, scale_name = _CENTRE_AND_SCALE[kind]
    # A scaler told not to centre or not to scale keeps None there.
    centre = _vector(attributes, centre_name, kind) if attributes.get(centre_name) is not None else None
    scale = _vector(attributes, scale_name, kind) if attributes.get(scale_name) is not None else None
    known = centre if centre is not None else scale
    if known is None:
        raise ScalerRefused(f"{kind} was saved before it was fitted: it has neither {centre_name} nor {scale_name}")
    offset = np.zeros_like(known) if centre is None else centre
    return _checked(AffineScaler(kind, offset, np.ones_like(known) if scale is None else scale), attributes)


def scaler_from_plain(value: Mapping[str, object]) -> AffineScaler:
    """The scaler that our own metadata holds as ``{"kind", "offset", "scale"}`` with plain values.

    Raises:
        ScalerRefused: A key is missing or its numbers cannot scale anything.
    """
    kind = value.get("kind", "affine")
    offset, scale = _vector(value, "offset", "scaler"), _vector(value, "scale", "scaler")
    return _checked(AffineScaler(str(kind), offset, scale), {})


def scaler_to_plain(scaler: AffineScaler) -> dict[str, object]:
    """Inverse of ``scaler_from_plain``."""
    return {"kind": scaler.kind, "offset": scaler.offset, "scale": scaler.scale}


def _vector(attributes: Mapping[str, object], name: str, kind: str) -> Floats:
    value = attributes.get(name)
    if isinstance(value, (list, tuple)) and all(isinstance(item, (int, float)) for item in value):
        value = np.array(value, dtype=np.float64)
    if not isinstance(value, np.ndarray) or value.ndim != 1 or value.dtype.kind not in "fiu" or not value.size:
        raise ScalerRefused(f"{kind}.{name} must be one number per column")
    vector = value.astype(np.float64)
    if not np.isfinite(vector).all():
        raise ScalerRefused(f"{kind}.{name} holds a value that is not finite")
    return vector


def _clip_range(attributes: Mapping[str, object]) -> tuple[float, float] | None:
    if not attributes.get("clip"):
        return None
    bounds = attributes.get("feature_range")
    if isinstance(bounds, (tuple, list)) and len(bounds) == 2 and all(isinstance(b, (int, float)) for b in bounds):
        return float(bounds[0]), float(bounds[1])
    raise ScalerRefused("MinMaxScaler.feature_range must be two numbers")


def _checked(scaler: AffineScaler, attributes: Mapping[str, object]) -> AffineScaler:
    if scaler.offset.shape != scaler.scale.shape:
        raise ScalerRefused(f"{scaler.kind}: {scaler.offset.size} offsets but {scaler.scale.size} scales")
    if not scaler.scale.all():
        raise ScalerRefused(f"{scaler.kind}: a scale is zero")
    if not (np.isfinite(scaler.offset).all() and np.isfinite(scaler.scale).all()):
        raise ScalerRefused(f"{scaler.kind}: a scale is too small to divide by")
    declared = attributes.get("n_features_in_", scaler.n_features)
    if declared != scaler.n_features:
        raise ScalerRefused(f"{scaler.kind} says {declared} columns but holds {scaler.n_features} scales")
    return scaler
