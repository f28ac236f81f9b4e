"""Policy: what the caller's weight and the metric's kind do to a forecast (DESIGN §4, Policy)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.metrics import MetricKind

Floats = NDArray[np.float64]
# Stated in every plan's evidence, so that the plan can be replayed.
UPPER_BOUND = {MetricKind.RATIO: 1.0, MetricKind.ABSOLUTE: None, MetricKind.COUNT: None}


def weigh(values: Floats, weight: float) -> Floats:
    """``values × weight`` with NaN read as 0; what anomaly detection and sizing look at."""
    return np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf) * weight


def clamp(values: Floats, kind: MetricKind) -> Floats:
    """What is shown: ratios within 0 to 1, counts and absolute amounts at least 0; NaN becomes 0."""
    return np.clip(np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf), 0.0, UPPER_BOUND[kind])
