"""Is it out of the ordinary, held against the recent past? Several answers of one shape; a setting says which."""

from __future__ import annotations

from collections.abc import Mapping

from domain.anomaly.observed import detect_observed
from domain.anomaly.report import (
    ANOMALY_LOOKBACK_HOURS,
    DEFAULT_THRESHOLD,
    AnomalyReport,
    Detector,
)
from domain.anomaly.robust import detect_robust
from domain.anomaly.seasonal import detect_seasonal
from domain.anomaly.z_score import detect_z_score
from domain.detector_name import DetectorName

# Those that judge the day ahead from forecast and history alone.
FORECAST_DETECTORS: Mapping[DetectorName, Detector] = {
    DetectorName.Z_SCORE: detect_z_score,
    DetectorName.ROBUST: detect_robust,
    DetectorName.SEASONAL: detect_seasonal,
}

__all__ = [
    "ANOMALY_LOOKBACK_HOURS",
    "DEFAULT_THRESHOLD",
    "FORECAST_DETECTORS",
    "AnomalyReport",
    "Detector",
    "DetectorName",
    "detect_observed",
    "detect_robust",
    "detect_seasonal",
    "detect_z_score",
]
