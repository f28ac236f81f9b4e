"""From the network's plain output to quantiles that cannot cross.

The network ends in a Dense layer with one number per level. The median is a correction to the anchor; every further
level is one softplus step away from its neighbour nearer the median. Doing this here, and not inside the network,
keeps the saved file free of slicing and cumulative sums, which do not survive being loaded.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

# The levels of a forecast, and 0.995 beyond them: learning the far tail makes the tail that is used better.
HEAD_LEVELS: Final = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995)
HEAD_MEDIAN: Final = HEAD_LEVELS.index(0.5)


def _steps_away() -> NDArray[np.float32]:
    """(levels, levels): which steps lie between the median and each level, negative below it."""
    level = np.arange(len(HEAD_LEVELS))
    step, reached = level[:, None], level[None, :]
    above = (step > HEAD_MEDIAN) & (step <= reached)
    below = (step < HEAD_MEDIAN) & (step >= reached)
    return above.astype(np.float32) - below.astype(np.float32)


_STEPS_AWAY: Final = _steps_away()


def scale_interval(quantiles: NDArray[np.float64], factor: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Move every quantile away from the median by ``factor`` (> 0), which broadcasts against (…, levels)."""
    median = quantiles[..., HEAD_MEDIAN, None]
    return median + (quantiles - median) * factor


def assemble_quantiles(raw: NDArray[np.float32], anchor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Quantiles of each step, non-decreasing along the last axis.

    Args:
        raw: (…, levels), the network's output; column ``HEAD_MEDIAN`` is the correction of the median, the others
            are steps away from it before softplus.
        anchor: (…), what the median is a correction of.

    Returns:
        (…, levels) float32 in the scale of ``anchor``.
    """
    # log(1 + e^x), written so that nothing overflows; several times faster than logaddexp.
    steps = np.log1p(np.exp(-np.abs(raw)))
    steps += np.maximum(raw, np.float32(0))
    quantiles: NDArray[np.float32] = steps @ _STEPS_AWAY
    quantiles += (anchor + raw[..., HEAD_MEDIAN])[..., None]
    return quantiles
