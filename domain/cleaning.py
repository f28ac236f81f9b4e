"""Cleaning rules of training: what is done to a series before a model learns from it.

Whatever is learned (bounds, scale, band) is learned on the training rows and then applied to all rows, and whatever is
carried over (a missing value, a moving average) is carried forward. So no rule lets an hour see a later one.

Missing means NaN or infinite throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidData
from domain.lookback import lag, trailing_mean

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WINSOR_FACTOR: Final = 3.0
BAND_QUANTILES: Final = (0.05, 0.95)
BAND_WINDOW_HOURS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSplit:
    """Rows of training, validation and test, in this order of time and without overlap."""

    training: slice
    validation: slice
    test: slice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WinsorBounds:
    """Lowest and highest value allowed, per column: shape (k,), or () for a single series."""

    lower: Floats
    upper: Floats

    def apply(self, values: Floats) -> Floats:
        """Pull values outside the bounds to them; shape (n, k) or (n,) stays."""
        return np.clip(values, self.lower, self.upper)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RobustScale:
    """Median and interquartile range per column: shape (k,), or () for a single series. ``scale`` is never 0."""

    center: Floats
    scale: Floats

    def transform(self, values: Floats) -> Floats:
        """(value - median) / IQR."""
        return (values - self.center) / self.scale

    def inverse(self, scaled: Floats) -> Floats:
        """Back to the units the scale was fitted in."""
        return scaled * self.scale + self.center


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureCleaning:
    """What was learned on the training rows of a feature table, ready to be applied to any hour."""

    bounds: WinsorBounds
    scaler: RobustScale

    def apply(self, features: Floats) -> Floats:
        """Forward-fill then 0, winsorize, scale; shape (n, k) stays."""
        return self.scaler.transform(self.bounds.apply(forward_fill(features)))


def split_by_time(n_rows: int, *, validation_share: float, test_share: float) -> TimeSplit:
    """Cut rows into training (oldest), validation and test (newest); nothing is shuffled.

    Raises:
        InvalidData: A share is negative, the shares leave nothing to train on, or there are too few rows.
    """
    shares = (validation_share, test_share)
    if not all(0 <= share < 1 for share in shares) or sum(shares) >= 1:
        raise InvalidData(f"validation and test share must be 0 or more and sum to less than 1, got {shares}")
    validation_rows, test_rows = (round(n_rows * share) for share in shares)
    training_rows = n_rows - validation_rows - test_rows
    if training_rows < 1:
        raise InvalidData(f"{n_rows} rows leave none to train on with validation and test shares {shares}")
    validation_end = training_rows + validation_rows
    return TimeSplit(
        training=slice(0, training_rows),
        validation=slice(training_rows, validation_end),
        test=slice(validation_end, n_rows),
    )


def forward_fill(values: Floats) -> Floats:
    """Replace each missing value by the newest one before it in its column, and by 0 where there is none.

    Args:
        values: Shape (n,) or (n, k).
    """
    present = np.isfinite(values)
    rows = np.arange(len(values)).reshape(-1, *([1] * (values.ndim - 1)))
    newest = np.maximum.accumulate(np.where(present, rows, 0), axis=0)
    filled = np.take_along_axis(values, newest, axis=0)
    return np.where(np.isfinite(filled), filled, 0.0)


def clean_target(values: Floats, *, use_log_transform: bool) -> Floats:
    """Negative values to 0, log1p where asked, missing values forward-filled, then 0; shape (n,) stays."""
    not_negative = np.maximum(np.where(np.isfinite(values), values, np.nan), 0.0)
    return forward_fill(np.log1p(not_negative) if use_log_transform else not_negative)


def restore_target(values: Floats, *, use_log_transform: bool) -> Floats:
    """Undo the log transform of :func:`clean_target`; clipped and filled values cannot come back."""
    return np.expm1(values) if use_log_transform else values


def learn_winsor_bounds(
    training: Floats, *, factor: float = WINSOR_FACTOR, exempt: Bools | None = None
) -> WinsorBounds:
    """Learn [Q1 - factor * IQR, Q3 + factor * IQR] per column.

    A column that is constant in at least three quarters of the rows has an IQR of 0 and is flattened by this rule.
    That is right for a measurement and wrong for a flag, so flags and classes are named in ``exempt``.

    Args:
        training: Training rows only, filled, shape (n, k) or (n,), n ≥ 1.
        factor: Interquartile ranges allowed beyond the quartiles.
        exempt: Shape (k,); True columns get infinite bounds.

    Raises:
        InvalidData: No rows, or a value is missing.
    """
    first, third = np.quantile(_training_rows(training), [0.25, 0.75], axis=0)
    reach = factor * (third - first)
    free = np.zeros(first.shape, dtype=np.bool_) if exempt is None else np.asarray(exempt, dtype=np.bool_)
    return WinsorBounds(
        lower=np.where(free, -np.inf, first - reach),
        upper=np.where(free, np.inf, third + reach),
    )


def fit_robust_scale(training: Floats) -> RobustScale:
    """Fit median and interquartile range per column; an IQR of 0 counts as 1, so a constant column becomes 0.

    Args:
        training: Training rows only, filled, shape (n, k) or (n,), n ≥ 1.

    Raises:
        InvalidData: No rows, or a value is missing.
    """
    rows = _training_rows(training)
    first, center, third = np.quantile(rows, [0.25, 0.5, 0.75], axis=0)
    spread = third - first
    # A range within rounding of the largest value cannot be told from none, and dividing by it would overflow.
    limits = np.finfo(np.float64)
    scale = np.where(spread > np.maximum(limits.tiny, limits.eps * np.abs(rows).max(axis=0)), spread, 1.0)
    return RobustScale(center=np.asarray(center), scale=scale)


def learn_feature_cleaning(features: Floats, split: TimeSplit, *, exempt: Bools | None = None) -> FeatureCleaning:
    """Learn bounds and scale on the training rows of a feature table; the scale is fitted on winsorized rows.

    Args:
        features: All rows, shape (n, k), not yet filled.
        split: Only ``split.training`` is read.
        exempt: Columns that are not winsorized, shape (k,).

    Raises:
        InvalidData: The training split is empty.
    """
    training = forward_fill(features[split.training])
    bounds = learn_winsor_bounds(training, exempt=exempt)
    return FeatureCleaning(bounds=bounds, scaler=fit_robust_scale(bounds.apply(training)))


def winsorize_around_mean(values: Floats, split: TimeSplit, *, window_hours: int = BAND_WINDOW_HOURS) -> Floats:
    """Smooth an auxiliary metric: keep its distance to a moving average within the 5 % and 95 % quantiles.

    Optional, and off unless a caller asks for it. The average runs over the hours *before* each hour, so that a spike
    does not widen its own band; the quantiles of the distance are learned on the training rows.

    Args:
        values: Shape (n,) or (n, k), filled.
        split: Only the distances of ``split.training`` set the band.
        window_hours: Length of the moving average.

    Raises:
        InvalidData: A value is missing, or the training split is empty.
    """
    complete = _training_rows(values)
    average = lag(trailing_mean(complete, window_hours), 1)
    # Before the first hour there is no average; it stands for itself.
    distance = complete - average
    low, high = np.quantile(_training_rows(distance[split.training]), BAND_QUANTILES, axis=0)
    return average + np.clip(distance, low, high)


def _training_rows(values: Floats) -> Floats:
    if not len(values):
        raise InvalidData("there are no training rows to learn from")
    if not np.isfinite(values).all():
        raise InvalidData("missing values must be filled before anything is learned from them")
    return values
