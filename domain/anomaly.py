"""Is the day ahead out of the ordinary, held against the recent past?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.series import HOUR, LoadSeries

ANOMALY_LOOKBACK_HOURS = 168
DEFAULT_THRESHOLD = 3.0
# With a history that never moved, a forecast must at least double it to be called an anomaly (DESIGN §4).
_CONSTANT_HISTORY_FACTOR = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyReport:
    """What a detector found, in the metric's unit.

    Attributes:
        detector: Name of the detector.
        is_anomaly: Whether the day ahead is out of the ordinary.
        type: ``spike``, ``none``, ``constant_history`` (spread is 0) or ``no_history``.
        score: Distance of the peak from the past in standard deviations; None where there is no spread.
        threshold: Score from which on it is an anomaly.
        mean: Mean of the observed hours; None without history.
        std: Population standard deviation of the observed hours; None without history.
        hours_used: Observed hours looked at.
        peak: Highest weighted, unclamped forecast value.
        peak_at: The hour it is forecast for.
    """

    detector: str
    is_anomaly: bool
    type: str
    score: float | None
    threshold: float
    mean: float | None
    std: float | None
    hours_used: int
    peak: float
    peak_at: datetime


Detector = Callable[[NDArray[np.float64], datetime, LoadSeries, float], AnomalyReport]


def detect_z_score(
    forecast: NDArray[np.float64], start: datetime, history: LoadSeries, threshold: float
) -> AnomalyReport:
    """z-score of the forecast's highest value against the last 168 observed hours.

    Args:
        forecast: Shape (24,), weighted and unclamped.
        start: Hour of ``forecast[0]``.
        history: The metric's past; padded and filled hours are left out.
        threshold: Score from which on the day is an anomaly.
    """
    step = int(np.argmax(forecast))
    peak = float(forecast[step])
    past = history.last(ANOMALY_LOOKBACK_HOURS).observed_values
    mean = float(past.mean()) if past.size else None
    std = float(past.std()) if past.size else None
    kind, score, found = _judge(peak, mean, std, threshold)
    return AnomalyReport(
        detector="z_score", is_anomaly=found, type=kind, score=score, threshold=threshold, mean=mean, std=std,
        hours_used=int(past.size), peak=peak, peak_at=start + step * HOUR,
    )  # fmt: skip


def _judge(peak: float, mean: float | None, std: float | None, threshold: float) -> tuple[str, float | None, bool]:
    if mean is None or std is None:
        return "no_history", None, False
    # Rounding leaves a constant series with a spread of about 1e-16 of its level; that is no spread.
    if std <= 1e-12 * max(abs(mean), 1e-300):
        return "constant_history", None, peak > 0 and peak >= _CONSTANT_HISTORY_FACTOR * mean
    score = (peak - mean) / std
    return ("spike" if score >= threshold else "none"), score, score >= threshold
