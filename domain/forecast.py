"""A forecast: 24 hourly predictive distributions, held as quantiles that never cross."""

from __future__ import annotations

from collections.abc import Sequence
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
        _check(self.quantiles, (HORIZON_HOURS, len(QUANTILE_LEVELS)))
        _check_start(self.start)
        self.quantiles.setflags(write=False)

    @classmethod
    def batch(
        cls,
        starts: Sequence[datetime],
        quantiles: NDArray[np.float64],
        source: str,
        notes: Sequence[tuple[str, ...]],
    ) -> list[Forecast]:
        """Many at once: checked together, which takes a fraction of checking each.

        Args:
            starts: Of each forecast.
            quantiles: (n, 24, 7).
            source: Of all of them.
            notes: Of each forecast.

        Raises:
            ValueError: As for one.
        """
        _check(quantiles, (len(starts), HORIZON_HOURS, len(QUANTILE_LEVELS)))
        for start in {id(start): start for start in starts}.values():
            _check_start(start)
        made = []
        for row, start in enumerate(starts):
            one = object.__new__(cls)
            own = quantiles[row].copy()  # a view would keep all of them in memory
            own.setflags(write=False)
            for name, value in zip(_FIELDS, (start, own, source, notes[row]), strict=True):
                object.__setattr__(one, name, value)
            made.append(one)
        return made

    @property
    def median(self) -> NDArray[np.float64]:
        """Shape (24,): the value shown for each hour."""
        return self.quantiles[:, MEDIAN_INDEX]

    def at(self, level: float) -> NDArray[np.float64]:
        """Shape (24,): the quantile at one of ``QUANTILE_LEVELS``."""
        return self.quantiles[:, QUANTILE_LEVELS.index(level)]


_FIELDS = ("start", "quantiles", "source", "notes")


def _check(quantiles: NDArray[np.float64], shape: tuple[int, ...]) -> None:
    if quantiles.shape != shape:
        raise ValueError(f"quantiles must be {shape}, got {quantiles.shape}")
    if not np.isfinite(quantiles).all():
        raise ValueError("every quantile must be finite")
    if (quantiles[..., 1:] < quantiles[..., :-1]).any():
        raise ValueError("quantiles must not cross")


def _check_start(start: datetime) -> None:
    if start.tzinfo is not UTC or start != floor_hour(start):
        raise ValueError(f"start must be a full hour in UTC, got {start!r}")
