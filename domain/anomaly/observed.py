"""The newest hours against what the forecaster would have said of them: what has happened, not what may."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from domain.anomaly.report import CONSTANT_HISTORY_FACTOR, AnomalyReport, DetectorName, finite, verdict
from domain.forecast import MEDIAN_INDEX, QUANTILE_LEVELS, Forecast
from domain.series import HOUR, Floats, LoadSeries

# So far back the newest hours go: longer ago is no news, and a forecast further ahead is too wide to be held against.
NEWEST_HOURS = 6
# Shorter, and the forecast held against them would itself be a guess.
LEAST_HOURS_BEFORE = 48
_LOW = QUANTILE_LEVELS.index(0.1)
_HIGH = QUANTILE_LEVELS.index(0.9)
# Distance of the 0.1 and 0.9 quantiles of a normal distribution from its median, in standard deviations.
_DECILE = 1.2816
_LEAST_SPREAD = 1e-300


def detect_observed(expected: Forecast, history: LoadSeries, threshold: float) -> AnomalyReport:
    """The observed hour from ``expected.start`` on that lies furthest outside its forecast, above or below.

    A score of 3 is as far out as three standard deviations were the forecast's distribution normal, measured with the
    spread of its own side: loads rise further than they fall. A forecast without spread is judged by doubling and
    halving.

    Args:
        expected: Forecast made from the hours before ``expected.start`` alone.
        history: The past, with the hours to be judged at its end.
        threshold: Score from which on they are an anomaly.
    """
    skipped = max(0, int((history.start - expected.start) / HOUR))
    newest = _from(history, expected.start)
    quantiles = expected.quantiles[skipped : skipped + len(newest)]
    seen = np.flatnonzero(newest.observed[: len(quantiles)])
    if not seen.size:
        return unjudged("no_history", expected.median, expected.start, threshold)
    actual, medians = newest.values[seen], quantiles[seen, MEDIAN_INDEX]
    above = actual >= medians
    halves = np.abs(np.where(above, quantiles[seen, _HIGH], quantiles[seen, _LOW]) / 2 - medians / 2) / _DECILE
    with np.errstate(over="ignore"):
        worst = int(np.argmax(np.abs(actual / 2 - medians / 2) / np.maximum(halves, _LEAST_SPREAD)))
    peak, level, spread = float(actual[worst]), float(medians[worst]), float(finite(2 * halves[worst]))
    kind, score, found = _judge(peak, level, spread, bool(above[worst]), threshold)
    return AnomalyReport(
        detector=DetectorName.OBSERVED.value, is_anomaly=found, type=kind, score=score, threshold=threshold,
        mean=level, std=spread, hours_used=int(seen.size), peak=peak, peak_at=newest.start + int(seen[worst]) * HOUR,
    )  # fmt: skip


def unjudged(why: str, forecast: Floats, start: datetime, threshold: float) -> AnomalyReport:
    """The report where there are no newest hours, or no past to forecast them from; its peak is the day ahead's."""
    ahead = finite(forecast)
    step = int(np.argmax(ahead))
    return AnomalyReport(
        detector=DetectorName.OBSERVED.value, is_anomaly=False, type=why, score=None, threshold=threshold, mean=None,
        std=None, hours_used=0, peak=float(ahead[step]), peak_at=start + step * HOUR,
    )  # fmt: skip


def _judge(peak: float, level: float, spread: float, above: bool, threshold: float) -> tuple[str, float | None, bool]:
    """The verdict; of a value below its level in the mirror."""
    if above:
        return verdict(peak, level, spread, threshold)
    kind, score, found = verdict(-peak, -level, spread, threshold)
    if kind == "constant_history":
        found = level > 0 and peak <= level / CONSTANT_HISTORY_FACTOR
    return "drop" if kind == "spike" else kind, score, found


def _from(history: LoadSeries, moment: datetime) -> LoadSeries:
    first = min(max(0, int((moment - history.start) / HOUR)), len(history))
    return LoadSeries(history.start + first * HOUR, history.values[first:], history.observed[first:])
