"""Against the same hour of the past days: the busy hour of every day is no news, the same load at night is."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from domain.anomaly.report import MOST_VALUE, AnomalyReport, finite, safe_scale, verdict
from domain.anomaly.robust import robust_spread
from domain.detector_name import DetectorName
from domain.series import HOUR, HOUR_SECONDS, Floats, LoadSeries

DAYS = 14
DAY = 24
# With fewer the median of an hour is one of the values it is meant to judge.
LEAST_DAYS = 3


def detect_seasonal(forecast: Floats, start: datetime, history: LoadSeries, threshold: float) -> AnomalyReport:
    """The forecast hour that stands out most from the median of the same hour of the past 14 days.

    The spread is that of all hours from their own medians, as one hour alone has too few days. Hours of which fewer
    than 3 days were observed are left out.

    Args:
        forecast: Shape (n,), weighted and unclamped.
        start: Hour of ``forecast[0]``.
        history: The metric's past; padded and filled hours are left out.
        threshold: Score from which on it is an anomaly.
    """
    ahead = finite(forecast)
    days = _by_day(history)
    counts = np.isfinite(days).sum(axis=0)
    known = counts >= LEAST_DAYS
    column = (_hour_number(start) - _hour_number(history.end) + np.arange(ahead.size)) % DAY
    judged = np.flatnonzero(known[column])
    if not judged.size:
        step = int(np.argmax(ahead))
        return _report(float(ahead[step]), start, step, None, None, 0, threshold)
    medians, spread = _medians_and_spread(days, counts)
    step = int(judged[np.argmax(ahead[judged] / 2 - medians[column[judged]] / 2)])
    level = float(medians[column[step]])
    return _report(float(ahead[step]), start, step, level, spread, int(counts[known].sum()), threshold)


def _by_day(history: LoadSeries) -> Floats:
    """Shape (≤ 14, 24): days back from the history's end, column 0 the hour right after it; NaN where not observed."""
    past = history.last(DAYS * DAY)
    values = np.where(past.observed, past.values, np.nan)
    missing = -len(past) % DAY
    return np.concatenate([np.full(missing, np.nan), values]).reshape(-1, DAY)


def _medians_and_spread(days: Floats, counts: Floats) -> tuple[Floats, float]:
    """Shape (24,), NaN for hours of too few days; and how far values lie from them."""
    known = counts >= LEAST_DAYS
    columns = days[:, known]
    seen = np.isfinite(columns)
    scale = safe_scale(columns[seen])
    columns = columns / scale
    medians = np.full(DAY, np.nan)
    medians[known] = np.nanmedian(columns, axis=0)
    # A value is nearer to a median it had a part in; the factor is that of a variance from n values.
    deviations = (columns - medians[known]) * np.sqrt(counts[known] / (counts[known] - 1))
    return medians * scale, min(robust_spread(deviations[seen]) * scale, MOST_VALUE)


def _hour_number(moment: datetime) -> int:
    return int(moment.timestamp()) // HOUR_SECONDS


def _report(
    peak: float, start: datetime, step: int, level: float | None, spread: float | None, hours: int, threshold: float
) -> AnomalyReport:
    kind, score, found = verdict(peak, level, spread, threshold)
    return AnomalyReport(
        detector=DetectorName.SEASONAL.value, is_anomaly=found, type=kind, score=score, threshold=threshold, mean=level,
        std=spread, hours_used=hours, peak=peak, peak_at=start + step * HOUR,
    )  # fmt: skip
