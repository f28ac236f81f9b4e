"""What a detector says, and the verdict all of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.detector_name import DetectorName
from domain.series import HOUR, Floats, LoadSeries

ANOMALY_LOOKBACK_HOURS = 168
DEFAULT_THRESHOLD = 3.0
# With a history that never moved, a forecast must at least double it to be called an anomaly (DESIGN §4).
CONSTANT_HISTORY_FACTOR = 2.0
# Further out says no more; keeps every score a number, whatever the values.
MOST_SCORE = 1e9
MOST_VALUE = float(np.finfo(np.float64).max)
# Outside these a square is no longer a number, or no longer above 0.
_SAFE_TO_SQUARE = (1e-150, 1e150)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyReport:
    """What a detector found, in the metric's unit. Every number is finite.

    Attributes:
        detector: Name of the detector.
        is_anomaly: Whether the hours looked at are out of the ordinary.
        type: ``spike``, ``drop`` (``observed`` only), ``none``, ``constant_history`` (spread is 0), ``no_history``, or
            ``old_history`` (``observed`` only: there are no newest hours).
        score: Distance of the peak from the level in spreads, at most 1e9; None where there is no spread.
        threshold: Score from which on it is an anomaly.
        mean: The level compared with; None without history. Mean of the observed hours; their median (robust); median
            of the same hour of the past days (seasonal); the median forecast of that hour (observed).
        std: The spread compared with; None without history. Population standard deviation; scaled median absolute
            deviation (robust, seasonal); spread of the forecast and of the past week together (observed).
        hours_used: Observed hours looked at.
        peak: The value judged: the highest weighted, unclamped forecast value; of seasonal and observed the one that
            stands out most.
        peak_at: Its hour.
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


def verdict(peak: float, level: float | None, spread: float | None, threshold: float) -> tuple[str, float | None, bool]:
    """Type, score and whether it is an anomaly, of a value above a level."""
    if level is None or spread is None:
        return "no_history", None, False
    # Rounding leaves a constant series with a spread of about 1e-16 of its level; that is no spread.
    if spread <= 1e-12 * max(abs(level), 1e-300):
        return "constant_history", None, peak > 0 and peak >= CONSTANT_HISTORY_FACTOR * level
    # Halves, as the distance of the two largest numbers is none.
    score = min(max((peak / 2 - level / 2) / (spread / 2), -MOST_SCORE), MOST_SCORE)
    return ("spike" if score >= threshold else "none"), score, score >= threshold


def judge_peak(
    name: DetectorName,
    forecast: Floats,
    start: datetime,
    history: LoadSeries,
    threshold: float,
    level_and_spread: Callable[[Floats], tuple[float, float]],
) -> AnomalyReport:
    """The forecast's highest value against the last 168 observed hours.

    Args:
        name: Of the detector.
        forecast: Shape (24,), weighted and unclamped.
        start: Hour of ``forecast[0]``.
        history: The metric's past; padded and filled hours are left out.
        threshold: Score from which on the day is an anomaly.
        level_and_spread: Of the observed hours, at least one; what makes one detector another.
    """
    ahead = finite(forecast)
    step = int(np.argmax(ahead))
    peak = float(ahead[step])
    past = history.last(ANOMALY_LOOKBACK_HOURS).observed_values
    level, spread = level_and_spread(past) if past.size else (None, None)
    kind, score, found = verdict(peak, level, spread, threshold)
    return AnomalyReport(
        detector=name.value, is_anomaly=found, type=kind, score=score, threshold=threshold, mean=level, std=spread,
        hours_used=int(past.size), peak=peak, peak_at=start + step * HOUR,
    )  # fmt: skip


def finite(values: Floats) -> Floats:
    """The values with the largest number there is in place of an infinite one, which a weight can make."""
    return np.clip(values, -MOST_VALUE, MOST_VALUE)


def safe_scale(values: Floats) -> float:
    """What to divide values by so that their squares are numbers above 0: 1 but for amounts beyond all use.

    Args:
        values: Finite, at least one.
    """
    largest = float(np.abs(values).max())
    least, most = _SAFE_TO_SQUARE
    return 1.0 if least < largest < most or largest == 0 else largest
