"""The newest hours against what the forecaster would have said of them: what has happened, not what may."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from domain.anomaly.report import (
    ANOMALY_LOOKBACK_HOURS,
    CONSTANT_HISTORY_FACTOR,
    MOST_VALUE,
    AnomalyReport,
    finite,
    safe_scale,
    verdict,
)
from domain.detector_name import DetectorName
from domain.forecast import MEDIAN_INDEX, QUANTILE_LEVELS, Forecast
from domain.series import HOUR, Bools, Floats, LoadSeries

# So far back the newest hours go: longer ago is no news, and a forecast further ahead is too wide to be held against.
NEWEST_HOURS = 6
# Shorter, and the forecast held against them would itself be a guess.
LEAST_HOURS_BEFORE = 48
# Distance of a normal distribution's quantiles from its median, in standard deviations.
_BELOW = {0.1: 1.2816}
_ABOVE = {0.9: 1.2816, 0.99: 2.3263}
# How much of the past week's own standard deviation counts towards the spread. Chosen on labelled series other than
# those docs/alerts.md reports on: without it, forecasts of calm series are so narrow that any trifle is an alarm.
USUAL_SHARE = 0.5
_LEAST_SPREAD = 1e-300


def detect_observed(expected: Forecast, history: LoadSeries, threshold: float) -> AnomalyReport:
    """The observed hour from ``expected.start`` on that lies furthest outside its forecast, above or below.

    The spread joins two: that of the forecast, measured on the value's own side and there by the quantile that makes
    it widest, as loads rise further than they fall; and half the standard deviation of the week before, as what
    happens all the time is no news however sure the forecast was. Without any spread doubling and halving count.

    Args:
        expected: Forecast made from the hours before ``expected.start`` alone.
        history: The past: the week before that, and the hours to be judged at its end.
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
    halves = np.hypot(_half_spreads(quantiles[seen], above), USUAL_SHARE * _half_std(history.before(expected.start)))
    with np.errstate(over="ignore"):
        worst = int(np.argmax(np.abs(actual / 2 - medians / 2) / np.maximum(halves, _LEAST_SPREAD)))
    peak, level, spread = float(actual[worst]), float(medians[worst]), min(2 * float(halves[worst]), MOST_VALUE)
    kind, score, found = _judge(peak, level, spread, bool(above[worst]), threshold)
    return AnomalyReport(
        detector=DetectorName.OBSERVED.value, is_anomaly=found, type=kind, score=score, threshold=threshold,
        mean=level, std=spread, hours_used=int(seen.size), peak=peak, peak_at=newest.start + int(seen[worst]) * HOUR,
    )  # fmt: skip


def _half_spreads(quantiles: Floats, above: Bools) -> Floats:
    """Shape (n,): half of the forecast's spread on the side of the value; halves, as the whole may be no number."""
    median = quantiles[:, MEDIAN_INDEX] / 2
    sides = [
        np.max(
            [np.abs(quantiles[:, QUANTILE_LEVELS.index(level)] / 2 - median) / z for level, z in side.items()], axis=0
        )
        for side in (_ABOVE, _BELOW)
    ]
    spreads: Floats = np.where(above, *sides)
    return spreads


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


def _half_std(history: LoadSeries) -> float:
    """Half the standard deviation of the last week's observed hours; 0 without any."""
    past = history.last(ANOMALY_LOOKBACK_HOURS).observed_values
    if not past.size:
        return 0.0
    scale = safe_scale(past)
    return float((past / scale).std()) * (scale / 2)


def _from(history: LoadSeries, moment: datetime) -> LoadSeries:
    first = min(max(0, int((moment - history.start) / HOUR)), len(history))
    return LoadSeries(history.start + first * HOUR, history.values[first:], history.observed[first:])
