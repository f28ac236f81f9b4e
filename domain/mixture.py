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
_P95, _P99 = QUANTILE_LEVELS.index(0.95), QUANTILE_LEVELS.index(0.99)
# Level steps from 0 up to p99; below p10 the line through p10 and p25 is extended down to level 0.
_STEPS = np.diff(np.concatenate([[0.0], _LEVELS]))
_LOW_SLOPE = _LEVELS[0] / (_LEVELS[1] - _LEVELS[0])
_GRID = np.linspace(0.0, 1.0, 33)
_ROUNDS = 3


def tail_scale(quantiles: Floats) -> Floats:
    """Shape (n,): scale of the exponential tail beyond p99, (q99 - q95) / ln 5, in the unit of the quantiles."""
    scale: Floats = (quantiles[:, _P99] - quantiles[:, _P95]) / math.log(5.0)
    return scale


def share_over(quantiles: Floats, capacities: Floats) -> Floats:
    """P(demand > capacity) per hour and capacity.

    Args:
        quantiles: Shape (n, 7), rows at ``QUANTILE_LEVELS``, non-decreasing.
        capacities: Shape (k,).

    Returns:
        Shape (n, k): between the quantiles the distribution function is linear, beyond p99 the tail is exponential.
    """
    lowest = quantiles[:, :1] - _LOW_SLOPE * (quantiles[:, 1:2] - quantiles[:, :1])
    knots = np.concatenate([lowest, quantiles], axis=1)
    left, width = knots[:, :-1, None], np.diff(knots, axis=1)[:, :, None]
    distance = capacities[None, None, :] - left
    # A segment without width is a step at its value.
    safe = np.where(width > 0, width, 1.0)
    part = np.where(width > 0, np.clip(distance / safe, 0.0, 1.0), distance >= 0)
    below = np.einsum("s,nsk->nk", _STEPS, part)
    beyond = capacities[None, :] - quantiles[:, _P99, None]
    scale = tail_scale(quantiles)[:, None]
    ratio = np.divide(beyond, scale, out=np.full(beyond.shape, np.inf), where=scale > 0)
    tail = (1.0 - _LAST) * np.exp(-np.maximum(ratio, 0.0))
    over: Floats = np.where(beyond >= 0, tail, 1.0 - below)
    return over


def hourly_need(quantiles: Floats, risk: float) -> Floats:
    """Shape (n,): per hour the smallest amount that demand exceeds with probability ``risk`` at most (0 < risk ≤ 0.5)."""
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
    """The smallest amount whose mean share of hours over it is at most ``risk``.

    Args:
        quantiles: Shape (n, 7), one row an hour.
        risk: Accepted share of hours over capacity, 0 < risk ≤ 0.5.

    Returns:
        The amount, found to within 1/30,000 of the spread between the hours' own needs, on the safe side.
    """
    needs = hourly_need(quantiles, risk)
    low, high = float(needs.min()), float(needs.max())
    for _ in range(_ROUNDS):
        if high <= low:
            break
        grid = low + (high - low) * _GRID
        enough = share_over(quantiles, grid).mean(axis=0) <= risk
        enough[-1] = True
        first = int(np.argmax(enough))
        low, high = (grid[first - 1] if first else grid[0]), float(grid[first])
    return high
