"""A forecast: 24 hourly predictive distributions, held as quantiles that never cross."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from domain.series import floor_hour

HORIZON_HOURS = 24
# Levels every forecaster answers with. 0.5 is the value shown; the upper ones are what sizing needs.
QUANTILE_LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
MEDIAN_INDEX = QUANTILE_LEVELS.index(0.5)


@dataclass(frozen=True, eq=False)
class Forecast:
    """Quantiles of the next 24 hours of one metric, in the metric's unit, before policy.

    Attributes:
        start: First forecast hour, aware, UTC, on the hour.
        quantiles: float64 of shape (24, 7), read-only; row h are the values at ``QUANTILE_LEVELS`` of hour
            ``start + h``, non-decreasing along each row.
        source: Who made it: ``statistical``, ``fallback`` or ``lstm``.
        notes: What a reader should know of how it was made, one sentence each.

    Raises:
        ValueError: Wrong shape, a value that is not finite, quantiles that cross, or ``start`` not a UTC hour.
    """

    start: datetime
    quantiles: NDArray[np.float64]
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.quantiles.shape != (HORIZON_HOURS, len(QUANTILE_LEVELS)):
            raise ValueError(f"quantiles must be (24, {len(QUANTILE_LEVELS)}), got {self.quantiles.shape}")
        if not np.isfinite(self.quantiles).all():
            raise ValueError("every quantile must be finite")
        if (self.quantiles[:, 1:] < self.quantiles[:, :-1]).any():
            raise ValueError("quantiles must not cross")
        if self.start.tzinfo is not UTC or self.start != floor_hour(self.start):
            raise ValueError(f"start must be a full hour in UTC, got {self.start!r}")
        self.quantiles.setflags(write=False)

    @property
    def median(self) -> NDArray[np.float64]:
        """Shape (24,): the value shown for each hour."""
        return self.quantiles[:, MEDIAN_INDEX]

    def at(self, level: float) -> NDArray[np.float64]:
        """Shape (24,): the quantile at one of ``QUANTILE_LEVELS``."""
        return self.quantiles[:, QUANTILE_LEVELS.index(level)]
