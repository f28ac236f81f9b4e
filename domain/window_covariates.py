"""Covariates of the service model: what the network sees of one window of history, in NumPy, for training and serving.

A window is the newest 24 to 336 hourly values of one series. It is scaled by its own mean and standard deviation of
the last week, so that one network serves every service, unit and size. The sequence has one step per hour to be
forecast: step k carries what the same hour was on the days before, how well simple rules would have forecast that
hour on the days before, and facts about the window as a whole. No value after the window's end is used.
"""

from __future__ import annotations

from dataclasses import dataclass
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
# One product gives the means of the last 3, 6, 12 and 24 hours.
_RECENT: Final = np.array([[h / m for h in (np.arange(DAY) >= DAY - m)] for m in (3, 6, 12, 24)], np.float32).T


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
    level, spread = _level_and_spread(values[:, -WEEK:])
    scaled = ((values - level[:, None]) / spread[:, None]).astype(np.float32)
    np.maximum(scaled, SCALED_LIMITS[0], out=scaled)
    np.minimum(scaled, SCALED_LIMITS[1], out=scaled)
    n_days = hours // DAY
    days = scaled[:, hours - DAY * n_days :].reshape(batch, n_days, DAY)[:, ::-1]
    inputs = np.empty((batch, DAY, len(FEATURE_NAMES)), dtype=np.float32)
    anchor = _fill_same_hour(inputs, days)
    inputs[:, :, _CALENDAR : _CALENDAR + 5] = _CALENDAR_TABLE[hour_of_week]
    window = np.empty((batch, len(WINDOW_NAMES)), dtype=np.float32)
    _fill_rule_errors(inputs, window, days)
    _fill_window(window, scaled)
    window[:, 15] = np.log((np.abs(level) + 1e-9) / spread) / 3
    window[:, -2] = observed_hours[:, 0] / WEEK
    window[:, -1] = observed_hours[:, 1] / MAX_HOURS
    inputs[:, :, _WINDOW:] = window[:, None]
    return WindowCovariates(inputs=inputs, anchor=anchor, level=level, spread=spread)


def _level_and_spread(week: Floats) -> tuple[Floats, Floats]:
    hours = week.shape[1]
    level = np.add.reduce(week, axis=1) / hours
    centred = week - level[:, None]
    spread = np.sqrt(np.add.reduce(centred * centred, axis=1) / hours)
    # A series that stood still keeps a small scale of its own, so that the first movement is not infinite.
    return level, np.maximum(spread, 1e-3 * np.abs(level) + 1e-9)


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
    inputs[:, :, 14] = median
    inputs[:, :, 15] = np.sqrt(np.add.reduce(centred * centred, axis=1) / np.float32(n_week))
    inputs[:, :, 16] = ordered[:, -1]
    inputs[:, :, 17] = ordered[:, 0]
    return median


def _fill_rule_errors(inputs: Singles, window: Singles, days: Singles) -> None:
    """How far off simple rules would have been at each hour of the days before: a small backtest as a covariate."""
    batch, n_days = days.shape[:2]
    errors = np.ones((batch, 4, DAY), dtype=np.float32)
    drift = inputs[:, :, _ERRORS + 4]
    drift[:] = 0
    if n_days > 1:
        new, old = days[:, :-1], days[:, 1:]
        count = np.float32(n_days - 1)
        moved = new - old[:, :, -1:]
        drift[:] = np.add.reduce(moved, axis=1) / count
        errors[:, 0] = _total(moved)
        errors[:, 1] = _total(new - old.sum(axis=2, keepdims=True) / np.float32(DAY))
        errors[:, 2] = _total(new - old)
        errors[:, :3] /= count
        errors[:, 3] = errors[:, 2]
    if n_days > 7:
        errors[:, 3] = _total(days[:, :-7] - days[:, 7:]) / np.float32(n_days - 7)
    window[:, :4] = np.log(np.add.reduce(errors, axis=2) / np.float32(DAY) + np.float32(_FLOOR))
    errors += np.float32(_FLOOR)
    inputs[:, :, _ERRORS : _ERRORS + 4] = np.log(errors).transpose(0, 2, 1)


def _total(errors: Singles) -> Singles:
    """(batch, 24): absolute errors (batch, days, 24) summed over days; the argument is used up."""
    total: Singles = np.add.reduce(np.abs(errors, out=errors), axis=1)
    return total


def _fill_window(window: Singles, scaled: Singles) -> None:
    """Facts about the window as a whole: its end, its last day, its week and the distribution of both weeks."""
    hours = scaled.shape[1]
    day, week = scaled[:, -DAY:], scaled[:, -WEEK:]
    window[:, 4] = scaled[:, -1]
    window[:, 5] = scaled[:, -2]
    window[:, 6:10] = day @ _RECENT
    centred = day - window[:, 9:10]
    window[:, 10] = np.sqrt(np.add.reduce(centred * centred, axis=1) / np.float32(DAY))
    np.maximum.reduce(day, axis=1, out=window[:, 11])
    np.minimum.reduce(day, axis=1, out=window[:, 12])
    np.maximum.reduce(week, axis=1, out=window[:, 13])
    np.minimum.reduce(week, axis=1, out=window[:, 14])
    ordered = np.sort(scaled, axis=1)
    below, share = _POSITIONS[hours - MIN_HOURS]
    low = ordered[:, below]
    window[:, 16:21] = low + (ordered[:, below + 1] - low) * share
    window[:, 21] = ordered[:, -1]
    window[:, 22] = ordered[:, 0]
    mean = np.add.reduce(scaled, axis=1) / np.float32(hours)
    window[:, 23] = mean
    centred = scaled - mean[:, None]
    window[:, 24] = np.sqrt(np.add.reduce(centred * centred, axis=1) / np.float32(hours))


def _position_table() -> list[tuple[Integers, Singles]]:
    table = []
    for hours in range(MIN_HOURS, MAX_HOURS + 1):
        position = np.array(_LEVELS) * (hours - 1)
        below = np.minimum(position.astype(np.int64), hours - 2)
        table.append((below, (position - below).astype(np.float32)))
    return table


# Where the two-week quantiles lie among 24 to 336 ordered values: index below, and share of the one above.
_POSITIONS: Final = _position_table()
