"""The default: how many standard deviations above the mean?"""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.anomaly.report import (
    ANOMALY_LOOKBACK_HOURS,
    AnomalyReport,
    finite,
    safe_scale,
    verdict,
)
from domain.detector_name import DetectorName
from domain.series import HOUR, Floats, LoadSeries


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
    ahead = finite(forecast)
    step = int(np.argmax(ahead))
    peak = float(ahead[step])
    past = history.last(ANOMALY_LOOKBACK_HOURS).observed_values
    mean, std = _mean_and_std(past) if past.size else (None, None)
    kind, score, found = verdict(peak, mean, std, threshold)
    return AnomalyReport(
        detector=DetectorName.Z_SCORE.value, is_anomaly=found, type=kind, score=score, threshold=threshold, mean=mean,
        std=std, hours_used=int(past.size), peak=peak, peak_at=start + step * HOUR,
    )  # fmt: skip


def _mean_and_std(past: Floats) -> tuple[float, float]:
    scale = safe_scale(past)
    scaled = past / scale
    return float(scaled.mean()) * scale, float(scaled.std()) * scale
