"""Widens or narrows the interval, so that hours fall below each quantile as often as promised.

Training weighs hours by how much they matter for the score, so the quantiles hold for weighted hours. What is promised
is plain: of a hundred hours, ninety lie below p90. One factor per level closes the gap, and for the service model one
set of factors per length of history: what was never seen cannot be known, and the less was seen the wider it gets.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.quantile_head import HEAD_LEVELS, HEAD_MEDIAN, assemble_quantiles

Singles = NDArray[np.float32]

CALIBRATED_LEVELS: Final = (0.9, 0.95, 0.99)
_FACTORS: Final = np.round(np.arange(0.9, 1.3001, 0.01), 2)
LEVEL_FACTOR_LIMITS: Final = (0.8, 2.0)


def fit_level_scales(raw: Singles, anchor: Singles, target: Singles, known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """One factor per head level by which that quantile's distance from the median is multiplied.

    The factor is the level's own quantile of (target − median) ÷ (quantile − median), so that on these hours exactly
    the promised share lies below. The median keeps its place: its factor is 1.

    Args:
        raw: (n, 24, levels), the network's output.
        anchor: (n, 24).
        target: (n, 24), scaled like ``anchor``.
        known: (n, 24), hours that were observed.
    """
    quantiles = assemble_quantiles(raw, anchor)
    median = quantiles[..., HEAD_MEDIAN]
    factors = np.ones(len(HEAD_LEVELS))
    for column, level in enumerate(HEAD_LEVELS):
        if column == HEAD_MEDIAN:
            continue
        reach = quantiles[..., column] - median
        # Reach is negative below the median: the ratio turns the order round, and the share with it.
        ratio = ((target - median) / np.where(np.abs(reach) < 1e-6, np.copysign(1e-6, reach), reach))[known]
        factors[column] = np.quantile(ratio, level if level > 0.5 else 1.0 - level)
    return np.clip(factors, *LEVEL_FACTOR_LIMITS)


def fit_interval_scale(raw: Singles, anchor: Singles, target: Singles, known: NDArray[np.bool_]) -> float:
    """The one factor, 0.9 to 1.3, with the smallest largest gap between coverage and level at p90, p95 and p99.

    For where there are too few hours to fit a factor per level. Arguments as of :func:`fit_level_scales`.
    """
    quantiles = assemble_quantiles(raw, anchor)
    median = quantiles[..., HEAD_MEDIAN]
    above = target - median
    gaps = np.zeros(_FACTORS.size)
    for level in CALIBRATED_LEVELS:
        reach = quantiles[..., HEAD_LEVELS.index(level)] - median
        # How far beyond the median the target lies, in units of the quantile's own distance.
        ratio = np.sort((above / np.maximum(reach, 1e-6))[known])
        covered = np.searchsorted(ratio, _FACTORS, side="right") / max(1, ratio.size)
        gaps = np.maximum(gaps, np.abs(covered - level))
    return float(_FACTORS[int(gaps.argmin())])
