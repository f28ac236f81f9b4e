"""Windows of a known past: what a forecaster may see, and what then happened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.errors import ModelRefused, NotEnoughHistory
from domain.forecast import HORIZON_HOURS, Forecast
from domain.ports.backtest_source import BacktestSeries
from domain.ports.forecaster import LOOKBACK_HOURS, Forecaster, ForecastRequest
from domain.selection import TRIAL_DAYS
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
        actual: Shape (24,) unless fewer hours were asked for, in the series' unit.
        observed: The same shape, False for hours that are not scored.
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
        window = window_at(subject, position)
        if window is not None:
            yield window


def window_at(subject: BacktestSeries, position: int, hours: int = HORIZON_HOURS) -> BacktestWindow | None:
    """The window whose first hour to forecast is the series' ``position``-th; None where too little was observed.

    Args:
        subject: The series.
        position: At least ``MIN_HISTORY_HOURS``, with so many hours behind it.
        hours: How much of what then happened.
    """
    series = subject.series
    ahead = slice(position, position + hours)
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


def trial_windows(subject: BacktestSeries, until: datetime) -> list[BacktestWindow]:
    """The whole days, midnight to midnight, that two forecasters are compared on: the newest ``TRIAL_DAYS`` at most.

    Args:
        subject: The series; what it holds from ``until`` on is not looked at.
        until: Midnight, UTC.

    Returns:
        Oldest first; days before which, or in which, too little was observed are left out.
    """
    seen = np.flatnonzero(subject.series.before(until).observed)
    if not seen.size:
        return []
    midnight = (-subject.series.start.hour) % HORIZON_HOURS
    last = int(seen[-1]) + 1 - HORIZON_HOURS
    newest = last - (last - midnight) % HORIZON_HOURS
    oldest = max(newest - (TRIAL_DAYS - 1) * HORIZON_HOURS, MIN_HISTORY_HOURS)
    positions = range(newest, oldest - 1, -HORIZON_HOURS)
    found = (window_at(subject, position) for position in reversed(positions))
    return [window for window in found if window is not None]


def forecast_each(forecaster: Forecaster, requests: Sequence[ForecastRequest]) -> list[Forecast | None]:
    """One forecast per request, None where the forecaster cannot answer."""
    try:
        return list(forecaster.forecast_many(requests))
    except (NotEnoughHistory, ModelRefused):
        return [_one(forecaster, request) for request in requests]


def _one(forecaster: Forecaster, request: ForecastRequest) -> Forecast | None:
    try:
        return forecaster.forecast_many([request])[0]
    except (NotEnoughHistory, ModelRefused):
        return None
