"""The reference every score is relative to: the daily seasonal naive."""

from __future__ import annotations

from statistics import NormalDist
from typing import Final

import numpy as np

from domain.forecast import HORIZON_HOURS, QUANTILE_LEVELS
from domain.series import Floats

_Z: Final = np.array([NormalDist().inv_cdf(level) for level in QUANTILE_LEVELS])


def seasonal_naive_quantiles(week: Floats) -> Floats:
    """Yesterday again, spread by the root mean square of the 24-hour differences.

    Args:
        week: The last hours before the forecast, at least 48 (168 for the score), holes filled.

    Returns:
        (24, 7): quantile q is the value 24 hours before plus z_q × RMS.
    """
    change = week[HORIZON_HOURS:] - week[:-HORIZON_HOURS]
    spread = float(np.sqrt(np.mean(change * change)))
    quantiles: Floats = week[-HORIZON_HOURS:, None] + spread * _Z
    return quantiles
