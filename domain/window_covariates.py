"""Covariates of the service model: what the network sees of one window of history, in NumPy, for training and serving.

A window is the newest 24 to 336 hourly values of one series. It is scaled by its own mean and standard deviation of
the last week, so that one network serves every service, unit and size. The sequence has one step per hour to be
forecast: step k carries what the same hour was on the days before, how well simple rules would have forecast that
hour on the days before, and facts about the window as a whole. No value after the window's end is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAY: Final = 24
WEEK: Final = 168
MAX_HOURS: Final = 336
MAX_DAYS: Final = MAX_HOURS // DAY
MIN_HOURS: Final = DAY
SCALED_LIMITS: Final = (-6.0, 12.0)
_LEVELS: Final = (0.5, 0.9, 0.95, 0.98, 0.995)
_RULES: Final = ("last", "mean_24h", "day_before", "week_before")
_FLOOR: Final = 0.03

STEP_NAMES: Final[tuple[str, ...]] = (
    *(f"lag_{DAY * day}h" for day in range(1, MAX_DAYS + 1)),
    "week_median", "week_std", "week_max", "week_min",
    "hour_sin", "hour_cos", "weekday_sin", "weekday_cos", "step",
    *(f"log_error_{rule}" for rule in _RULES),
    "drift_from_last",
)  # fmt: skip
WINDOW_NAMES: Final[tuple[str, ...]] = (
    *(f"mean_log_error_{rule}" for rule in _RULES),
    "last", "last_but_one",
    "mean_3h", "mean_6h", "mean_12h", "mean_24h",
    "std_24h", "max_24h", "min_24h",
    "max_week", "min_week",
    "log_level_to_spread",
    *(f"p{100 * level:g}_two_weeks" for level in _LEVELS),
    "max_two_weeks", "min_two_weeks", "mean_two_weeks", "std_two_weeks",
    "observed_share_week", "observed_share_two_weeks",
)  # fmt: skip
FEATURE_NAMES: Final = STEP_NAMES + WINDOW_NAMES
_CALENDAR: Final = STEP_NAMES.index("hour_sin")
_ERRORS: Final = STEP_NAMES.index("log_error_last")
_WINDOW: Final = len(STEP_NAMES)
_OBSERVABLE: Final = np.array([WEEK, MAX_HOURS])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WindowCovariates:
    """What a batch of windows looks like to the network, and how to turn its answer back.

    Attributes:
        inputs: float32 (batch, 24, ``len(FEATURE_NAMES)``).
        anchor: float32 (batch, 24), the same-hour median of the last week, scaled; the median forecast is a
            correction to it.
        level: (batch,) mean of the last week, in the series' unit.
        spread: (batch,) standard deviation of the last week, in the series' unit, never 0.
    """

    inputs: Singles
    anchor: Singles
    level: Floats
    spread: Floats


def _calendar_table() -> Singles:
    """(168, 24, 5): the calendar of 24 steps for each hour of the week a forecast may start at (0 = Monday 00:00)."""
    hour = np.arange(WEEK)[:, None] + np.arange(DAY)
    day_angle = 2 * np.pi * (hour % DAY) / DAY
    week_angle = 2 * np.pi * ((hour // DAY) % 7) / 7
    step = np.broadcast_to(np.arange(DAY) / DAY, hour.shape)
    parts = [np.sin(day_angle), np.cos(day_angle), np.sin(week_angle), np.cos(week_angle), step]
    return np.stack(parts, axis=-1).astype(np.float32)


_CALENDAR_TABLE: Final = _calendar_table()


def fill_unobserved(values: Floats, observed: Bools) -> Floats:
    """Replace hours nobody measured by the mean of the same hour of the day, from measured hours only.

    Args:
        values: (batch, n); the last column is the hour before the forecast.
        observed: (batch, n); at least one True per row.

    Returns:
        (batch, n), a copy; an hour of the day never measured gets the mean of all measured hours.
    """
    batch, hours = values.shape
    front = -hours % DAY
    seen = np.pad(observed, ((0, 0), (front, 0))).reshape(batch, -1, DAY)
    known = np.where(observed, values, 0.0)
    days = np.pad(known, ((0, 0), (front, 0))).reshape(batch, -1, DAY)
    counts, sums = seen.sum(axis=1), days.sum(axis=1)
    overall = known.sum(axis=1) / observed.sum(axis=1)
    profile = np.where(counts > 0, sums / np.maximum(counts, 1), overall[:, None])
    repeated = np.tile(profile, (1, (front + hours) // DAY))[:, front:]
    return np.where(observed, values, repeated)


def build_window_covariates(values: Floats, observed_hours: Integers, hour_of_week: Integers) -> WindowCovariates:
    """Covariates of windows of equal length.

    Args:
        values: (batch, n), 24 ≤ n ≤ 336, hourly, finite, oldest first, ending at the hour before the forecast.
        observed_hours: (batch, 2): how many of the last 168 and of all n hours were really measured.
        hour_of_week: (batch,) of the first hour to be forecast, 0 = Monday 00:00 UTC … 167.

    Raises:
        ValueError: n is out of range.
    """
    batch, hours = values.shape
    if not MIN_HOURS <= hours <= MAX_HOURS:
        raise ValueError(f"a window has {MIN_HOURS} to {MAX_HOURS} hours, got {hours}")
    # Few NumPy calls on large arrays: for a single window each call costs more than what it computes.
    level = np.add.reduce(values[:, -WEEK:], axis=1) / min(hours, WEEK)
    centred = values - level[:, None]
    size = np.abs(level)
    spread = _spread(centred[:, -WEEK:], size)
    scaled = (centred / spread[:, None]).astype(np.float32)
    np.maximum(scaled, SCALED_LIMITS[0], out=scaled)
    np.minimum(scaled, SCALED_LIMITS[1], out=scaled)
    n_days = hours // DAY
    days = scaled[:, hours - DAY * n_days :].reshape(batch, n_days, DAY)[:, ::-1]
    inputs = np.empty((batch, DAY, len(FEATURE_NAMES)), dtype=np.float32)
    window = np.empty((batch, len(WINDOW_NAMES)), dtype=np.float32)
    anchor = _fill_same_hour(inputs, days)
    inputs[:, :, _CALENDAR : _CALENDAR + 5] = _CALENDAR_TABLE[hour_of_week]
    _fill_rule_errors(inputs, window, days)
    _fill_window(window, scaled)
    window[:, 15] = np.log((size + 1e-9) / spread) / 3
    window[:, -2:] = observed_hours / _OBSERVABLE
    inputs[:, :, _WINDOW:] = window[:, None]
    return WindowCovariates(inputs=inputs, anchor=anchor, level=level, spread=spread)


def _spread(centred: Floats, size: Floats) -> Floats:
    deviation = np.sqrt(np.vecdot(centred, centred) / centred.shape[1])
    # A series that stood still keeps a small scale of its own, so that the first movement is not infinite.
    spread: Floats = np.maximum(deviation, 1e-3 * size + 1e-9)
    return spread


def _fill_same_hour(inputs: Singles, days: Singles) -> Singles:
    """Lags and their statistics over the last week, per hour of the day; returns the median (the anchor)."""
    n_days = days.shape[1]
    week = days[:, :7]
    n_week = week.shape[1]
    ordered = np.sort(week, axis=1)
    half = n_week // 2
    median = ordered[:, half] if n_week % 2 else (ordered[:, half - 1] + ordered[:, half]) * np.float32(0.5)
    inputs[:, :, :n_days] = days.transpose(0, 2, 1)
    if n_days < MAX_DAYS:
        inputs[:, :, n_days:MAX_DAYS] = median[:, :, None]
    centred = week - np.add.reduce(week, axis=1, keepdims=True) / np.float32(n_week)
    np.multiply(centred, centred, out=centred)
    inputs[:, :, 14] = median
    np.sqrt(np.add.reduce(centred, axis=1) / np.float32(n_week), out=inputs[:, :, 15])
    inputs[:, :, 16] = ordered[:, -1]
    inputs[:, :, 17] = ordered[:, 0]
    return median


def _fill_rule_errors(inputs: Singles, window: Singles, days: Singles) -> None:
    """How far off simple rules would have been at each hour of the days before: a small backtest as a covariate."""
    batch, n_days = days.shape[:2]
    # The last column is the mean over the day.
    errors = np.ones((batch, 4, DAY + 1), dtype=np.float32)
    drift = inputs[:, :, _ERRORS + 4]
    if n_days > 1:
        new, old = days[:, :-1], days[:, 1:]
        count = np.float32(n_days - 1)
        off = np.empty((batch, 3, n_days - 1, DAY), dtype=np.float32)
        np.subtract(new, old[:, :, -1:], out=off[:, 0])
        np.subtract(new, np.add.reduce(old, axis=2, keepdims=True) / np.float32(DAY), out=off[:, 1])
        np.subtract(new, old, out=off[:, 2])
        drift[:] = np.add.reduce(off[:, 0], axis=1) / count
        errors[:, :3, :DAY] = np.add.reduce(np.abs(off, out=off), axis=2) / count
        errors[:, 3, :DAY] = errors[:, 2, :DAY]
    else:
        drift[:] = 0
    if n_days > 7:
        weekly = days[:, :-7] - days[:, 7:]
        errors[:, 3, :DAY] = np.add.reduce(np.abs(weekly, out=weekly), axis=1) / np.float32(n_days - 7)
    errors[:, :, DAY] = np.add.reduce(errors[:, :, :DAY], axis=2) / np.float32(DAY)
    errors += np.float32(_FLOOR)
    np.log(errors, out=errors)
    window[:, :4] = errors[:, :, DAY]
    inputs[:, :, _ERRORS : _ERRORS + 4] = errors[:, :, :DAY].transpose(0, 2, 1)


def _fill_window(window: Singles, scaled: Singles) -> None:
    """Facts about the window as a whole: its end, its last day, its week and the distribution of both weeks."""
    hours = scaled.shape[1]
    means, positions = _tables(hours)
    day, week = scaled[:, -DAY:], scaled[:, -WEEK:]
    recent = scaled @ means
    window[:, 4:10] = recent[:, :6]
    window[:, 10] = _deviation(day, recent[:, 5:6])
    np.maximum.reduce(day, axis=1, out=window[:, 11])
    np.minimum.reduce(day, axis=1, out=window[:, 12])
    np.maximum.reduce(week, axis=1, out=window[:, 13])
    np.minimum.reduce(week, axis=1, out=window[:, 14])
    window[:, 16:23] = np.sort(scaled, axis=1) @ positions
    window[:, 23] = recent[:, 6]
    window[:, 24] = _deviation(scaled, recent[:, 6:])


def _deviation(values: Singles, mean: Singles) -> Singles:
    centred = values - mean
    deviation: Singles = np.sqrt(np.vecdot(centred, centred) / np.float32(values.shape[1]))
    return deviation


@cache
def _tables(hours: int) -> tuple[Singles, Singles]:
    """Matrices that a window of so many hours, as it came and ordered, is multiplied with.

    Returns:
        (hours, 7) for the last value, that before it, the means of the last 3, 6, 12 and 24 hours and of all; and
        (hours, 7) for the quantiles of ``_LEVELS``, the largest and the smallest value of the ordered window.
    """
    means, positions = np.zeros((hours, 7), np.float32), np.zeros((hours, 7), np.float32)
    means[-1, 0] = means[-2, 1] = 1.0
    for column, length in enumerate((3, 6, 12, 24, hours), 2):
        means[-length:, column] = 1.0 / length
    for column, level in enumerate(_LEVELS):
        position = level * (hours - 1)
        below = min(int(position), hours - 2)
        positions[below : below + 2, column] = below + 1 - position, position - below
    positions[-1, 5] = positions[0, 6] = 1.0
    return means, positions
