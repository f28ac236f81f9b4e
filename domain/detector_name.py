"""The anomaly detectors by name: apart from what they compute with, so that settings can name one without it."""

from __future__ import annotations

from enum import StrEnum


class DetectorName(StrEnum):
    """How hours are judged; ``observed`` judges the newest hours seen, the others the day ahead."""

    Z_SCORE = "z_score"
    ROBUST = "robust"
    SEASONAL = "seasonal"
    OBSERVED = "observed"
