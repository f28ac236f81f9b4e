"""Median and median absolute deviation: a past spike neither hides the next one nor is it mistaken for the level."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from domain.anomaly.report import MOST_VALUE, AnomalyReport, judge_peak, safe_scale
from domain.detector_name import DetectorName
from domain.series import Floats, LoadSeries

# Make both equal to the standard deviation of a normal distribution (Iglewicz & Hoaglin 1993).
MAD_SCALE = 1.4826
MEAN_DEVIATION_SCALE = 1.2533


def detect_robust(forecast: Floats, start: datetime, history: LoadSeries, threshold: float) -> AnomalyReport:
    """As ``detect_z_score``, with the median for the mean and ``robust_spread`` for the standard deviation."""
    return judge_peak(DetectorName.ROBUST, forecast, start, history, threshold, _level_and_spread)


def robust_spread(deviations: Floats) -> float:
    """Scaled median absolute deviation; where more than half are 0, the scaled mean absolute deviation.

    Args:
        deviations: Shape (n,), n ≥ 1: distances from the median.
    """
    off = np.abs(deviations)
    middle = float(np.median(off))
    return MAD_SCALE * middle if middle > 0 else MEAN_DEVIATION_SCALE * float(off.mean())


def _level_and_spread(past: Floats) -> tuple[float, float]:
    scale = safe_scale(past)
    scaled = past / scale
    level = float(np.median(scaled))
    return level * scale, min(robust_spread(scaled - level) * scale, MOST_VALUE)
