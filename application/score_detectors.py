"""Use case: which detector would have seen what people labelled, and how often would it have called for nothing?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from application.backtest import Backtest
from application.windows import MIN_HISTORY_HOURS, BacktestWindow, window_at
from domain.anomaly import DEFAULT_THRESHOLD, FORECAST_DETECTORS, AnomalyReport, DetectorName, detect_observed
from domain.anomaly.observed import NEWEST_HOURS
from domain.anomaly.scoring import DetectionTally, Label, LabelledService, Look, thresholds_to_try, windows_of
from domain.forecast import HORIZON_HOURS, Forecast
from domain.ports.backtest_source import BacktestSeries
from domain.series import HOUR, Floats, LoadSeries

# What a plan would say of the day ahead, besides what the same detectors say of the newest hours.
AHEAD_SUFFIX = "_ahead"
NEWEST = (DetectorName.OBSERVED, DetectorName.SEASONAL, DetectorName.ROBUST, DetectorName.Z_SCORE)
METHODS = (*(name.value for name in NEWEST), *(name.value + AHEAD_SUFFIX for name in FORECAST_DETECTORS))

ServiceKey = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionScore:
    """One row of the report.

    Attributes:
        dataset: Whose services.
        detector: One of ``METHODS``.
        threshold: Score from which on it was an alarm.
        is_best: Whether this threshold was looked for afterwards, and not given.
        tally: What came of it.
    """

    dataset: str
    detector: str
    threshold: float
    is_best: bool
    tally: DetectionTally


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreDetectors:
    """Rolls over a labelled past six hours at a time; every hour is judged once, and nothing looks ahead.

    Attributes:
        backtest: Forecasts as a plan would.
        method: The backtest's method that stands for a plan.
        newest_days: Only so many days at the end of each series are judged; 0 judges all after the first week.
    """

    backtest: Backtest
    method: str
    newest_days: int = 0

    def looks(self, subjects: Sequence[BacktestSeries]) -> dict[ServiceKey, list[Look]]:
        """By data set and service: what the detectors said of each moment, the highest over the service's metrics."""
        windows = [window for subject in subjects for window in self._windows(subject)]
        forecasts = self.backtest.answers(self.method, windows)
        found: dict[ServiceKey, dict[object, Look]] = {}
        for window, forecast in zip(windows, forecasts, strict=True):
            if forecast is None:
                continue
            look = _look(window, forecast)
            service = found.setdefault((window.subject.dataset, window.subject.service_id), {})
            known = service.get(look.start)
            service[look.start] = look if known is None else _highest(known, look)
        return {key: sorted(looks.values(), key=lambda look: look.start) for key, looks in found.items()}

    def _windows(self, subject: BacktestSeries) -> Iterator[BacktestWindow]:
        # Aligned to the clock, so that the metrics of a service are judged at the same moments.
        first = MIN_HISTORY_HOURS + (-(subject.series.start.hour + MIN_HISTORY_HOURS)) % NEWEST_HOURS
        if self.newest_days:
            first = max(first, len(subject.series) - self.newest_days * HORIZON_HOURS)
            first += (-(subject.series.start.hour + first)) % NEWEST_HOURS
        for position in range(first, len(subject.series) - NEWEST_HOURS + 1, NEWEST_HOURS):
            window = window_at(subject, position, NEWEST_HOURS)
            if window is not None:
                yield window


def score_looks(
    looks: Mapping[ServiceKey, Sequence[Look]],
    labels: Sequence[Label],
    thresholds: Sequence[float],
    most_false_per_week: float,
) -> list[DetectionScore]:
    """For each data set and detector one row per threshold, and one for the best threshold within a budget.

    Args:
        looks: By data set and service; services without a label count as ordinary throughout.
        labels: Of these services and others.
        thresholds: To be scored as they are.
        most_false_per_week: The budget: false alarms per service-week.
    """
    rows = []
    for dataset in dict.fromkeys(dataset for dataset, _ in looks):
        services = [
            LabelledService(found, windows_of([label for label in labels if _is_of(label, key)]))
            for key, found in looks.items()
            if key[0] == dataset
        ]
        for method in METHODS:
            given = [(value, False) for value in thresholds]
            best = _best(services, method, most_false_per_week)
            rows += [
                DetectionScore(
                    dataset=dataset, detector=method, threshold=value, is_best=is_best,
                    tally=_tally(services, method, value),
                )
                for value, is_best in (*given, *([(best, True)] if best is not None else []))
            ]  # fmt: skip
    return rows


def _best(services: Sequence[LabelledService], method: str, most_false_per_week: float) -> float | None:
    """The threshold of highest F1 within the budget; of equal ones the highest."""
    everything = [look for service in services for look in service.looks]
    best, best_f1 = None, -1.0
    for value in thresholds_to_try(everything, method):
        tally = _tally(services, method, value)
        if (tally.false_per_week or 0.0) <= most_false_per_week and (tally.f1 or 0.0) >= best_f1:
            best, best_f1 = value, tally.f1 or 0.0
    return best


def _tally(services: Sequence[LabelledService], method: str, threshold: float) -> DetectionTally:
    ahead = method.endswith(AHEAD_SUFFIX)
    return sum((service.tally(method, threshold, speaks_of_day_ahead=ahead) for service in services), DetectionTally())


def _is_of(label: Label, key: ServiceKey) -> bool:
    return label.service_id == key[1] and label.dataset in (None, key[0])


def _look(window: BacktestWindow, forecast: Forecast) -> Look:
    start, history = window.request.start, window.request.target
    newest = LoadSeries(start, window.actual.copy(), window.observed.copy())
    # An hour nobody saw stands for the lowest one seen (in the mirror the highest), and so for nothing.
    lowest = np.where(newest.observed, newest.values, newest.observed_values.min())
    highest = np.where(newest.observed, newest.values, newest.observed_values.max())
    mirrored = LoadSeries(history.start, -history.values, history.observed.copy())
    scores = {
        DetectorName.OBSERVED.value: _score(detect_observed(forecast, _joined(history, newest), DEFAULT_THRESHOLD))
    }
    for name, detect in FORECAST_DETECTORS.items():
        above = _score(detect(lowest, start, history, DEFAULT_THRESHOLD))
        below = _score(detect(-highest, start, mirrored, DEFAULT_THRESHOLD))
        scores[name.value] = max(above, below)
        scores[name.value + AHEAD_SUFFIX] = _score(detect(_median(forecast), start, history, DEFAULT_THRESHOLD))
    return Look(start=start, end=start + NEWEST_HOURS * HOUR, scores=scores)


def _joined(history: LoadSeries, newest: LoadSeries) -> LoadSeries:
    """One series; hours between the two were not observed."""
    gap = int((newest.start - history.end) / HOUR)
    values = np.concatenate([history.values, np.full(gap, history.values[-1]), newest.values])
    observed = np.concatenate([history.observed, np.zeros(gap, dtype=bool), newest.observed])
    return LoadSeries(history.start, values, observed)


def _median(forecast: Forecast) -> Floats:
    return np.array(forecast.median)


def _score(report: AnomalyReport) -> float:
    if report.score is not None:
        return report.score
    return math.inf if report.is_anomaly else -math.inf


def _highest(one: Look, other: Look) -> Look:
    scores = {name: max(score, other.scores[name]) for name, score in one.scores.items()}
    return Look(start=one.start, end=one.end, scores=scores)
