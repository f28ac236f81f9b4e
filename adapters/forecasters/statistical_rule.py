"""The rule behind the statistical baseline: simple experts, weighted by their own recent error, with conformal spread.

The last 14 days are laid out as days that end where the forecast begins, so the forecast is simply "day 14" and the
days 7 to 13 serve as seven rolling origins of the very same rule: what it would have said, against what came. That
gives each expert's recent error (its weight) and the residuals of the weighted rule (the spread), all in a few array
operations over a batch. Nothing of an origin's forecast reads its own day or a later one.

Shapes: B series, 14 days, 24 hours of the day counted from the forecast start, O = 8 origins (7 past, then the
forecast itself), K experts, F measures of spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.forecasters.day_window import DAYS, HOURS, PAST
from domain.series import Floats

EXPERTS = (
    "last", "mean3", "mean6", "median24", "week_median", "naive", "median3d", "median7d", "mean14d", "lag168",
    "level6", "level1", "change6",
)  # fmt: skip
SPREADS = 10
_LEADS = np.arange(HOURS)
_NEIGHBOURS = np.exp(-np.abs(_LEADS[:, None] - _LEADS) / 3.0)
_NEIGHBOURS /= _NEIGHBOURS.sum(axis=0)
_SMOOTH = 0.5 * np.eye(HOURS) + 0.25 * np.roll(np.eye(HOURS), 1, 0) + 0.25 * np.roll(np.eye(HOURS), -1, 0)
# Compare-exchange pairs after which element 3 of seven is their median.
_MEDIAN7 = (
    (0, 5), (0, 3), (1, 6), (2, 4), (0, 1), (3, 5), (2, 6), (2, 3), (3, 6), (4, 5), (1, 4), (1, 3), (3, 4),
)  # fmt: skip
_TINY = 1e-300
# Columns that average the last 3 and the last 6 hours of a day.
_TAILS = np.stack((np.where(_LEADS >= 21, 1 / 3, 0.0), np.where(_LEADS >= 18, 1 / 6, 0.0)), axis=1)
# Row o averages all days before origin o.
_BEFORE_ORIGIN = np.tril(np.ones((DAYS, DAYS)))[PAST - 1 :] / np.arange(PAST, DAYS + 1)[:, None]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class RuleConstants:
    """Constants of the rule, one row per class of history length (C classes).

    Attributes:
        prior: (C, K, 24) log weight of each expert per lead.
        sharpness: (C, 24) exponent on an expert's recent error, at least 0.
        locality: (C,) share of an expert's error that is judged at similar leads only, 0 to 1.
        spread: (C, 6, F, 24) what each measure of spread adds, at least 0, going outward: to 0.25 and 0.1, then to
            0.75, 0.9, 0.95 and 0.99.
    """

    prior: Floats
    sharpness: Floats
    locality: Floats
    spread: Floats


def expert_forecasts(days: Floats) -> Floats:
    """What each expert says at each origin: (K, B, 8, 24) from filled days (B, 14, 24)."""
    says = np.empty((len(EXPERTS), days.shape[0], PAST + 1, HOURS))
    yesterday, before = days[:, 6:14], days[:, 5:13]
    median7 = _median7(days)
    ordered = np.sort(np.stack((yesterday, median7)), axis=-1)
    tails = days @ _TAILS
    recent6 = tails[:, 6:14, 1:]
    smooth = median7 @ _SMOOTH
    says[0] = yesterday[..., 23:]
    says[1] = tails[:, 6:14, :1]
    says[2] = recent6
    says[3:5] = 0.5 * (ordered[..., 11:12] + ordered[..., 12:13])
    says[5] = yesterday
    says[6] = _median3(yesterday, before, days[:, 4:12])
    says[7] = median7
    np.matmul(_BEFORE_ORIGIN, days, out=says[8])
    says[9] = days[:, 0:8]
    np.add(median7, recent6 - (median7 @ _TAILS)[..., 1:], out=says[10])
    np.add(smooth, yesterday[..., 23:] - smooth[..., 23:], out=says[11])
    np.add(yesterday, recent6 - tails[:, 5:13, 1:], out=says[12])
    return says


def blend_and_spread(
    days: Floats, counted: Floats, reach: Floats, classes: NDArray[np.intp], constants: RuleConstants
) -> tuple[Floats, Floats]:
    """Median of the next 24 hours and the steps outward from it.

    Args:
        days: (B, 14, 24), filled.
        counted: (B, 7, 24), 1 where a past origin's hour may be judged, else 0.
        reach: (B,) a further measure of spread for histories of less than a day, in the series' unit.
        classes: (B,) class of history length.
        constants: See ``RuleConstants``.

    Returns:
        Median (B, 24) and steps (B, 6, 24), at least 0, in the order of ``RuleConstants.spread``.
    """
    says = expert_forecasts(days)
    hours = counted.sum(axis=1)
    near = hours @ _NEIGHBOURS + 1e-6
    weights = _weights(says, days, counted, near, classes, constants)
    blended = np.einsum("kbol,kbl->bol", says, weights)
    median = blended[:, PAST]
    disagreement = np.einsum("kbl,kbl->bl", np.abs(says[:, :, PAST] - median), weights)
    measures = _spread_measures(days, blended, counted, hours.sum(axis=1) + 1e-6, near)
    measures[:, :, 4] = disagreement[:, None]
    measures[:, :, 6] += reach[:, None, None]
    spread = constants.spread[classes]
    steps = np.empty((len(days), 6, HOURS))
    steps[:, :2] = np.einsum("bfl,bqfl->bql", measures[:, 1], spread[:, :2])
    steps[:, 2:] = np.einsum("bfl,bqfl->bql", measures[:, 0], spread[:, 2:])
    return median, steps


def _weights(
    says: Floats, days: Floats, counted: Floats, near: Floats, classes: NDArray[np.intp], constants: RuleConstants
) -> Floats:
    """(K, B, 24): each expert's weight, prior × recent error to the power −sharpness, adding up to 1 per lead."""
    missed = np.abs(says[:, :, :PAST] - days[:, PAST:])
    missed *= counted
    missed = missed.sum(axis=2)
    locality = constants.locality[classes][:, None]
    error: Floats = (missed @ _NEIGHBOURS) * (locality / near)
    error += missed.sum(axis=-1, keepdims=True) * ((1.0 - locality) / (counted.sum(axis=(1, 2))[:, None] + 1e-6))
    error /= error.mean(axis=0) + _TINY
    error += 0.02
    np.log(error, out=error)
    error *= -constants.sharpness[classes]
    error += constants.prior[classes].transpose(1, 0, 2)
    error -= error.max(axis=0)
    np.exp(error, out=error)
    error /= error.sum(axis=0)
    return error


def _spread_measures(days: Floats, blended: Floats, counted: Floats, total: Floats, near: Floats) -> Floats:
    """(B, 2, F, 24): measures of spread above (index 0) and below (1) the median; index 4 is left to the caller."""
    week, median = days[:, PAST:], blended[:, PAST]
    residual = (week - blended[:, :PAST]) * counted
    sides = np.stack((np.maximum(residual, 0.0), np.maximum(-residual, 0.0)), axis=1)
    by_hour = sides.sum(axis=2)
    mean = by_hour.sum(axis=-1) / total[:, None]
    measures = np.empty((len(days), 2, SPREADS, HOURS))
    measures[:, :, 0] = mean[..., None]
    measures[:, :, 1] = (by_hour @ _NEIGHBOURS) / near[:, None]
    measures[:, :, 2] = np.sqrt(np.einsum("bsdl,bsdl->bs", sides, sides) / total[:, None])[..., None]
    measures[:, :, 3] = mean.sum(axis=1)[:, None, None]
    day = days[:, -1]
    measures[:, :, 5] = _deviation(day)[:, None, None]
    measures[:, :, 6] = _deviation(week.reshape(len(days), -1))[:, None, None]
    measures[:, :, 7] = (np.abs(day[:, 1:] - day[:, :-1]).sum(axis=-1) / (HOURS - 1))[:, None, None]
    highest, lowest = week.max(axis=1), week.min(axis=1)
    measures[:, 0, 8] = highest.max(axis=-1)[:, None] - median
    measures[:, 1, 8] = median - lowest.min(axis=-1)[:, None]
    measures[:, 0, 9] = highest - median
    measures[:, 1, 9] = median - lowest
    np.maximum(measures[:, :, 8:], 0.0, out=measures[:, :, 8:])
    return measures


def _deviation(values: Floats) -> Floats:
    """(B,): standard deviation of each row of (B, n)."""
    size = values.shape[1]
    off = values - values.sum(axis=1, keepdims=True) / size
    deviation: Floats = np.sqrt(np.einsum("bn,bn->b", off, off) / size)
    return deviation


def _median3(one: Floats, two: Floats, three: Floats) -> Floats:
    return np.maximum(np.minimum(one, two), np.minimum(np.maximum(one, two), three))


def _median7(days: Floats) -> Floats:
    """(B, 8, 24): per origin, the median of the same hour over its seven days before."""
    lane = [days[:, back : back + PAST + 1] for back in range(PAST)]
    for low, high in _MEDIAN7:
        lane[low], lane[high] = np.minimum(lane[low], lane[high]), np.maximum(lane[low], lane[high])
    return lane[3]
