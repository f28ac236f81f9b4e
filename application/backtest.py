"""Use case: how good would the forecasts have been? Rolling origins over many series, without a look ahead."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from domain.errors import ModelRefused, NotEnoughHistory
from domain.forecast import HORIZON_HOURS, Forecast
from domain.ports.backtest_source import BacktestSeries
from domain.ports.forecaster import LOOKBACK_HOURS, Forecaster, ForecastRequest
from domain.scoring import SeriesScore, Tally, tally
from domain.series import HOUR, Bools, Floats, LoadSeries

# The reference looks at a week; half of it, and half of the day forecast, must really have been observed.
MIN_HISTORY_HOURS = 168
MIN_OBSERVED_SHARE = 0.5


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class BacktestWindow:
    """One forecast to be made and what then happened.

    Attributes:
        subject: The series it is cut from.
        request: What a forecaster gets: copies of the hours before the origin, nothing else.
        actual: Shape (24,), in the series' unit.
        observed: Shape (24,), False for hours that are not scored.
    """

    subject: BacktestSeries
    request: ForecastRequest
    actual: Floats
    observed: Bools


def rolling_windows(subject: BacktestSeries, origins: int) -> Iterator[BacktestWindow]:
    """The windows of one series: an origin every 24 hours, the newest ``origins`` of them, oldest first.

    Args:
        subject: The series.
        origins: How many at most; 0 takes all there are.
    """
    series = subject.series
    newest = len(series) - HORIZON_HOURS
    positions = range(newest, MIN_HISTORY_HOURS - 1, -HORIZON_HOURS)
    for position in sorted(positions[:origins] if origins else positions):
        window = _window(subject, position)
        if window is not None:
            yield window


def _window(subject: BacktestSeries, position: int) -> BacktestWindow | None:
    series = subject.series
    ahead = slice(position, position + HORIZON_HOURS)
    week = series.observed[position - MIN_HISTORY_HOURS : position]
    seen = series.observed[ahead]
    if week.mean() < MIN_OBSERVED_SHARE or seen.mean() < MIN_OBSERVED_SHARE or not week[-HORIZON_HOURS:].any():
        return None
    first = max(0, position - LOOKBACK_HOURS)
    stop = position - int(week[::-1].argmax())
    target = LoadSeries(
        series.start + first * HOUR, series.values[first:stop].copy(), series.observed[first:stop].copy()
    )
    start = series.start + position * HOUR
    request = ForecastRequest(metric=subject.metric, target=target, start=start)
    return BacktestWindow(subject=subject, request=request, actual=series.values[ahead], observed=seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Scores methods on the same windows.

    Attributes:
        methods: Name in the report → forecaster.
        reference: What every method is divided by: the daily seasonal naive.
        origins: Forecasts per series, one a day, the newest ones; 0 takes all.
    """

    methods: Mapping[str, Forecaster]
    reference: Forecaster
    origins: int = 7

    def __call__(self, subjects: Sequence[BacktestSeries]) -> dict[str, list[SeriesScore]]:
        """Per method one score for each series it could answer for.

        Batches over all the series given: hand over a few dozen at a time.
        """
        windows = [window for subject in subjects for window in rolling_windows(subject, self.origins)]
        requests = [window.request for window in windows]
        if not requests:
            return {name: [] for name in self.methods}
        reference, reference_seconds = _answers(self.reference, requests)
        scores: dict[str, list[SeriesScore]] = {}
        for name, forecaster in self.methods.items():
            same = forecaster is self.reference
            made, seconds = (reference, reference_seconds) if same else _answers(forecaster, requests)
            scores[name] = list(_per_series(windows, made, reference, seconds / len(requests)))
        return scores


def _answers(forecaster: Forecaster, requests: Sequence[ForecastRequest]) -> tuple[list[Forecast | None], float]:
    """One forecast per request, None where the forecaster cannot answer, and the seconds it took."""
    started = time.perf_counter()
    made: list[Forecast | None]
    try:
        made = list(forecaster.forecast_many(requests))
    except (NotEnoughHistory, ModelRefused):
        made = [_answer(forecaster, request) for request in requests]
    return made, time.perf_counter() - started


def _answer(forecaster: Forecaster, request: ForecastRequest) -> Forecast | None:
    try:
        return forecaster.forecast_many([request])[0]
    except (NotEnoughHistory, ModelRefused):
        return None


def _per_series(
    windows: Sequence[BacktestWindow],
    made: Sequence[Forecast | None],
    reference: Sequence[Forecast | None],
    seconds_each: float,
) -> Iterator[SeriesScore]:
    """Tallies of neighbouring windows that belong to one series."""
    triples = zip(windows, made, reference, strict=True)
    for _, group in groupby(triples, key=lambda triple: id(triple[0].subject)):
        answered = [(window, ours, naive) for window, ours, naive in group if ours is not None and naive is not None]
        if not answered:
            continue
        subject = answered[0][0].subject
        yield SeriesScore(
            dataset=subject.dataset,
            series=subject.label,
            method=_tally([(window, ours) for window, ours, _ in answered]),
            reference=_tally([(window, naive) for window, _, naive in answered]),
            seconds=seconds_each * len(answered),
        )


def _tally(pairs: Sequence[tuple[BacktestWindow, Forecast]]) -> Tally:
    return tally(
        np.array([window.actual for window, _ in pairs]),
        np.array([window.observed for window, _ in pairs]),
        np.array([forecast.quantiles for _, forecast in pairs]),
    )
