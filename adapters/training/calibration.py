"""Widens or narrows the interval by one factor, so that hours fall below the upper quantiles as often as promised.

Training weighs hours by how much they matter for the score, so the quantiles hold for weighted hours. What is promised
is plain: of a hundred hours, ninety lie below p90. One number closes the small gap.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.quantile_head import HEAD_LEVELS, HEAD_MEDIAN, assemble_quantiles

Singles = NDArray[np.float32]

CALIBRATED_LEVELS: Final = (0.9, 0.95, 0.99)
_FACTORS: Final = np.round(np.arange(0.9, 1.3001, 0.01), 2)


def fit_interval_scale(raw: Singles, anchor: Singles, target: Singles, known: NDArray[np.bool_]) -> float:
    """The factor, 0.9 to 1.3, with the smallest largest gap between coverage and level at p90, p95 and p99.

    Args:
        raw: (n, 24, levels), the network's output.
        anchor: (n, 24).
        target: (n, 24), scaled like ``anchor``.
        known: (n, 24), hours that were observed.
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
