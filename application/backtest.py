"""Use case: how good would the forecasts have been? Rolling origins over many series, without a look ahead."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from application.compare_forecasters import CompareForecasters
from application.windows import BacktestWindow, forecast_each, rolling_windows
from domain.forecast import Forecast
from domain.ports.backtest_source import BacktestSeries
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.scoring import SeriesScore, Tally, tally
from domain.selection import Selection, answer_of

# Names of our methods in a report.
LSTM, BASELINE, AUTO = "lstm", "baseline", "auto"
_REFERENCE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Scores methods on the same windows.

    Attributes:
        methods: Name in the report → forecaster.
        reference: What every method is divided by: the daily seasonal naive.
        origins: Forecasts per series, one a day, the newest ones; 0 takes all.
        compare: Adds the method ``auto``, what a plan would use: the blend of ``lstm`` and ``baseline``, both among
            the methods, that the days before each origin favour.
    """

    methods: Mapping[str, Forecaster]
    reference: Forecaster
    origins: int = 7
    compare: CompareForecasters | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Every method of the report, in its order."""
        return ((AUTO,) if self.compare else ()) + tuple(self.methods)

    def __call__(self, subjects: Sequence[BacktestSeries]) -> dict[str, list[SeriesScore]]:
        """Per method one score for each series it could answer for.

        Batches over all the series given: hand over a few dozen at a time.
        """
        windows = [window for subject in subjects for window in rolling_windows(subject, self.origins)]
        if not windows:
            return {name: [] for name in self.names}
        answers = self._answers(windows)
        reference = answers.pop(_REFERENCE).forecasts
        return {name: list(_per_series(windows, answers[name], reference)) for name in self.names}

    def answers(self, name: str, windows: Sequence[BacktestWindow]) -> list[Forecast | None]:
        """What one method says; None where it cannot answer."""
        if name != AUTO:
            return forecast_each(self.methods[name], [window.request for window in windows])
        return self._answers(windows)[AUTO].forecasts

    def _answers(self, windows: Sequence[BacktestWindow]) -> dict[str, _Answers]:
        requests = [window.request for window in windows]
        answers = {name: _timed(forecaster, requests) for name, forecaster in self.methods.items()}
        same = next((name for name, forecaster in self.methods.items() if forecaster is self.reference), None)
        answers[_REFERENCE] = answers[same] if same else _timed(self.reference, requests)
        if self.compare is not None:
            selections = self.compare.selections(windows)
            answers[AUTO] = _selected(selections, answers[LSTM], answers[BASELINE])
        return answers


@dataclass(frozen=True, eq=False, slots=True)
class _Answers:
    """One forecast per window, None where there is none, and the seconds all of them took."""

    forecasts: list[Forecast | None]
    seconds: float


def _timed(forecaster: Forecaster, requests: Sequence[ForecastRequest]) -> _Answers:
    started = time.perf_counter()
    made = forecast_each(forecaster, requests)
    return _Answers(made, time.perf_counter() - started)


def _selected(selections: Sequence[Selection], lstm: _Answers, baseline: _Answers) -> _Answers:
    """What plans would use. The comparison is not timed: a service runs it once a day, beside its plans."""
    started = time.perf_counter()
    made = [
        answer_of(selection, ours, theirs)
        for selection, ours, theirs in zip(selections, lstm.forecasts, baseline.forecasts, strict=True)
    ]
    return _Answers(made, lstm.seconds + baseline.seconds + time.perf_counter() - started)


def _per_series(
    windows: Sequence[BacktestWindow],
    made: _Answers,
    reference: Sequence[Forecast | None],
) -> Iterator[SeriesScore]:
    """Tallies of neighbouring windows that belong to one series."""
    triples = zip(windows, made.forecasts, reference, strict=True)
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
            seconds=made.seconds / len(windows) * len(answered),
        )


def _tally(pairs: Sequence[tuple[BacktestWindow, Forecast]]) -> Tally:
    return tally(
        np.array([window.actual for window, _ in pairs]),
        np.array([window.observed for window, _ in pairs]),
        np.array([forecast.quantiles for _, forecast in pairs]),
    )
