"""Rules of one line: what a forecaster must beat to be worth having.

Each repeats something of the last 168 hours; its quantile q lies z_q × RMS of what the same rule missed by on the days
before (normal quantiles). For the seasonal naive that RMS is the one of the 24-hour differences: it is the reference of
the score (domain/scoring.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import NormalDist

import numpy as np

from adapters.forecasters.day_window import HOURS, DayWindow
from domain.errors import NotEnoughHistory
from domain.forecast import QUANTILE_LEVELS, Forecast
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.series import Floats

# (B, d, 24): d whole days, the newest last → (B, 24): the day after.
DayRule = Callable[[Floats], Floats]

WEEK_DAYS = 7
MIN_HOURS = 2 * HOURS
_Z = np.array([NormalDist().inv_cdf(level) for level in QUANTILE_LEVELS])


class NaiveForecaster(Forecaster):
    """Applies one rule to the last week; needs two days, to have missed by something once."""

    def __init__(self, name: str, rule: DayRule) -> None:
        self.name = name
        self._rule = rule

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        """See the port."""
        if not requests:
            return []
        for request in requests:
            if len(request.target) < MIN_HOURS:
                raise NotEnoughHistory(needed_hours=MIN_HOURS, observed_hours=request.target.observed_hours)
        window = DayWindow(requests)
        week = window.days[:, -WEEK_DAYS:]
        spread = self._missed_by(week, window.counted)
        spread *= np.sqrt(np.maximum(1.0, WEEK_DAYS * HOURS / window.hours) + window.late_hours / (WEEK_DAYS * HOURS))
        quantiles = self._rule(week)[..., None] + spread[:, None, None] * _Z
        return [Forecast(request.start, quantiles[row], self.name) for row, request in enumerate(requests)]

    def _missed_by(self, week: Floats, counted: Floats) -> Floats:
        """RMS over the judged hours of the last six days, each forecast from the days of the week before it; (B,)."""
        squares, hours = np.zeros(len(week)), np.zeros(len(week))
        for day in range(1, WEEK_DAYS):
            off = week[:, day] - self._rule(week[:, :day])
            squares += (off * off * counted[:, day]).sum(axis=1)
            hours += counted[:, day].sum(axis=1)
        rms: Floats = np.sqrt(squares / np.maximum(hours, 1.0))
        return rms


def _yesterday(days: Floats) -> Floats:
    return days[:, -1]


def _last_value(days: Floats) -> Floats:
    return np.repeat(days[:, -1, -1:], HOURS, axis=1)


def _mean_of_day(days: Floats) -> Floats:
    return np.repeat(days[:, -1].mean(axis=1, keepdims=True), HOURS, axis=1)


def _profile(days: Floats) -> Floats:
    profile: Floats = days.mean(axis=1)
    return profile


def seasonal_naive() -> NaiveForecaster:
    """The last 24 hours repeated."""
    return NaiveForecaster("seasonal-naive", _yesterday)


def last_value() -> NaiveForecaster:
    """The last hour repeated."""
    return NaiveForecaster("last", _last_value)


def mean_of_day() -> NaiveForecaster:
    """The mean of the last 24 hours."""
    return NaiveForecaster("mean24", _mean_of_day)


def hourly_profile() -> NaiveForecaster:
    """The mean of the same hour over the last seven days."""
    return NaiveForecaster("profile", _profile)
