"""The share of hours over a capacity, from 24 hourly predictive distributions.

"Share of hours over capacity" is linear in the hourly distributions, so no joint distribution is needed: the size for
an accepted share r is the 1 - r quantile of the mixture of the hours' distributions.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from domain.forecast import QUANTILE_LEVELS

Floats = NDArray[np.float64]

_LEVELS = np.array(QUANTILE_LEVELS)
_LAST = _LEVELS[-1]
_LAST_LEVEL = QUANTILE_LEVELS[-1]
_P95, _P99 = QUANTILE_LEVELS.index(0.95), QUANTILE_LEVELS.index(0.99)
# Level steps from 0 up to p99; below p10 the line through p10 and p25 is extended down to level 0.
_STEPS = np.diff(np.concatenate([[0.0], _LEVELS]))
_LOW_SLOPE = _LEVELS[0] / (_LEVELS[1] - _LEVELS[0])
# The search stops when the expected share is this close below the accepted one (relative), when its bracket is this
# share of the spread between the hours' own needs, or after so many steps.
_NEAR_ENOUGH = 0.005
_PRECISION = 2e-4
_MOST_STEPS = 40
_LEAST_SHARE = 1e-12
# A segment narrower than this share of the level counts as a step.
_STEP_WIDTH = 1e-12


def tail_scale(quantiles: Floats) -> Floats:
    """Shape (n,): scale of the exponential tail beyond p99, (q99 - q95) / ln 5, in the unit of the quantiles."""
    scale: Floats = (quantiles[:, _P99] - quantiles[:, _P95]) / math.log(5.0)
    return scale


def _with_lowest(quantiles: Floats) -> Floats:
    """Shape (n, 8): the quantiles with level 0 in front, on the line through p10 and p25."""
    knots = np.empty((quantiles.shape[0], quantiles.shape[1] + 1))
    knots[:, 1:] = quantiles
    knots[:, 0] = quantiles[:, 0] - _LOW_SLOPE * (quantiles[:, 1] - quantiles[:, 0])
    return knots


class _Mixture:
    """The hours' distributions, laid out so that one capacity is looked up in a few operations."""

    def __init__(self, quantiles: Floats) -> None:
        knots = _with_lowest(quantiles)
        width = (knots[:, 1:] - knots[:, :-1]).ravel()
        left = knots[:, :-1].ravel()
        # A segment without width is a step; it is taken a hair early, so that a capacity equal to it carries it.
        tiny = _STEP_WIDTH * np.maximum(np.abs(left), 1.0)
        self._left = np.where(width > tiny, left, left - 4 * tiny)
        self._slope = 1.0 / np.maximum(width, tiny)
        last, scale = quantiles[:, _P99], tail_scale(quantiles)
        tiny = _STEP_WIDTH * np.maximum(np.abs(last), 1.0)
        self._last = np.where(scale > tiny, last, last - 40 * tiny)
        self._tail_slope = 1.0 / np.maximum(scale, tiny)
        self._steps = np.tile(_STEPS, len(quantiles)) / len(quantiles)
        self._tail_weight = (1.0 - _LAST) / len(quantiles)

    def share_over(self, capacity: float) -> float:
        """Expected share of hours with demand over ``capacity``."""
        part = (capacity - self._left) * self._slope
        part = np.minimum(np.maximum(part, 0.0, out=part), 1.0, out=part)
        beyond = np.maximum((capacity - self._last) * self._tail_slope, 0.0)
        # Of the hundredth beyond p99, what an exponential leaves over the capacity.
        tail = self._tail_weight * float(np.exp(-beyond).sum())
        below = float(self._steps @ part)
        return float(max(0.0, _LAST_LEVEL - below) + tail)

    def shares_over(self, capacities: Floats) -> Floats:
        """Shape (k,): ``share_over`` of each capacity at once."""
        part = np.clip((capacities[:, None] - self._left) * self._slope, 0.0, 1.0)
        beyond = np.maximum((capacities[:, None] - self._last) * self._tail_slope, 0.0)
        tail = self._tail_weight * np.exp(-beyond).sum(axis=1)
        shares: Floats = np.maximum(0.0, _LAST_LEVEL - part @ self._steps) + tail
        return shares


def mean_share_over(quantiles: Floats, capacities: Floats) -> Floats:
    """Expected share of hours with demand over each capacity.

    Args:
        quantiles: Shape (n, 7), rows at ``QUANTILE_LEVELS``, non-decreasing, one row an hour.
        capacities: Shape (k,).

    Returns:
        Shape (k,). Between the quantiles the distribution function is linear, beyond p99 the tail is exponential with
        scale (q99 - q95) / ln 5.
    """
    return _Mixture(quantiles).shares_over(capacities)


def hourly_need(quantiles: Floats, risk: float) -> Floats:
    """Shape (n,): per hour the smallest amount that demand exceeds with probability ``risk`` at most."""
    if risk < 1.0 - _LAST:
        need: Floats = quantiles[:, _P99] + tail_scale(quantiles) * math.log((1.0 - _LAST) / risk)
        return need
    level = 1.0 - risk
    upper = min(int(np.searchsorted(_LEVELS, level - 1e-12)), len(_LEVELS) - 1)
    lower = max(upper - 1, 0)
    span = _LEVELS[upper] - _LEVELS[lower]
    part = (level - _LEVELS[lower]) / span if span else 1.0
    between: Floats = quantiles[:, lower] + part * (quantiles[:, upper] - quantiles[:, lower])
    return between


def mixture_need(quantiles: Floats, risk: float) -> float:
    """The smallest amount whose expected share of hours over it is at most ``risk``.

    The mixture's quantile lies between the least and the largest of the hours' own needs; false position with the
    Illinois correction (Dowell and Jarratt, 1971) closes in on it.

    Args:
        quantiles: Shape (n, 7), one row an hour.
        risk: Accepted share of hours over capacity, 0 < risk ≤ 0.5.

    Returns:
        The amount, on the safe side: its expected share is at most ``risk`` and no more than 0.5 % below it, except
        where the distributions step over that range.
    """
    needs = hourly_need(quantiles, risk)
    low, high = float(needs.min()), float(needs.max())
    # Steps of a distribution sit at the hours' needs themselves: an end that already is the answer is taken as it is.
    if high <= low:
        return high
    mixture = _Mixture(quantiles)

    def excess(capacity: float) -> float:
        # In logarithms an exponential tail is a straight line, and false position needs few steps.
        return math.log(max(mixture.share_over(capacity), _LEAST_SHARE) / risk)

    over, under = excess(low), excess(high)
    if over <= 0:
        return low
    tolerance = (high - low) * _PRECISION
    for _ in range(_MOST_STEPS):
        if high - low <= tolerance or under >= -_NEAR_ENOUGH:
            break
        middle = high - under * (high - low) / (under - over) if under < over else (low + high) / 2
        middle = min(max(middle, low + tolerance / 4), high - tolerance / 4)
        value = excess(middle)
        if value <= 0:
            high, under, over = middle, value, over / 2
        else:
            low, over, under = middle, value, under / 2
    return high


def mixture_needs(quantiles: Floats, risks: Floats) -> Floats:
    """Shape (k,): ``mixture_need`` at each of several risks, by one bisection for all of them.

    Args:
        quantiles: Shape (n, 7), one row an hour.
        risks: Shape (k,), each above 0, at most 0.5.

    Returns:
        Amounts on the safe side, within the precision of ``mixture_need``.
    """
    needs = np.array([hourly_need(quantiles, risk) for risk in risks.tolist()])
    low, high = needs.min(axis=1), needs.max(axis=1)
    mixture = _Mixture(quantiles)
    # An end that already is the answer is taken as it is.
    high = np.where(mixture.shares_over(low) <= risks, low, high)
    for _ in range(math.ceil(math.log2(1.0 / _PRECISION))):
        middle = (low + high) / 2
        carries = mixture.shares_over(middle) <= risks
        low, high = np.where(carries, low, middle), np.where(carries, middle, high)
    found: Floats = high
    return found
