"""The default: how many standard deviations above the mean?"""

from __future__ import annotations

from datetime import datetime

from domain.anomaly.report import AnomalyReport, judge_peak, safe_scale
from domain.detector_name import DetectorName
from domain.series import Floats, LoadSeries


def detect_z_score(forecast: Floats, start: datetime, history: LoadSeries, threshold: float) -> AnomalyReport:
    """z-score of the forecast's highest value against the last 168 observed hours; arguments as of ``judge_peak``."""
    return judge_peak(DetectorName.Z_SCORE, forecast, start, history, threshold, _mean_and_std)


def _mean_and_std(past: Floats) -> tuple[float, float]:
    scale = safe_scale(past)
    scaled = past / scale
    return float(scaled.mean()) * scale, float(scaled.std()) * scale
