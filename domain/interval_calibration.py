"""How much wider than the network says an interval must be, by level and by how much history was really seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from domain.forecast import MEDIAN_INDEX, QUANTILE_LEVELS
from domain.series import Floats
from domain.window_covariates import MAX_HOURS, MIN_HOURS, Integers

FACTOR_LIMITS: Final = (0.5, 3.0)
_N_LEVELS: Final = len(QUANTILE_LEVELS)


@dataclass(frozen=True, slots=True, eq=False)
class IntervalCalibration:
    """Factors on the distance of each quantile from the median.

    Attributes:
        hours: Observed hours the factors were fitted at, rising, from 24 to 336; between two of them the factors are
            interpolated.
        factors: float64 (len(hours), 7), one per level of ``QUANTILE_LEVELS``; that of the median is 1.

    Raises:
        ValueError: Sizes, order or a factor are wrong.
    """

    hours: tuple[int, ...]
    factors: Floats
    _table: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rising = all(one < two for one, two in zip(self.hours, self.hours[1:], strict=False))
        if not self.hours or not rising or not MIN_HOURS <= self.hours[0] <= self.hours[-1] <= MAX_HOURS:
            raise ValueError(f"hours must rise from {MIN_HOURS} to {MAX_HOURS} at most")
        if self.factors.shape != (len(self.hours), _N_LEVELS):
            raise ValueError(f"there must be {_N_LEVELS} factors for each number of hours")
        low, high = FACTOR_LIMITS
        if not ((self.factors >= low) & (self.factors <= high)).all() or (self.factors[:, MEDIAN_INDEX] != 1).any():
            raise ValueError(f"every factor must lie from {low} to {high}, that of the median must be 1")
        observed = np.arange(MAX_HOURS + 1)
        columns = [np.interp(observed, self.hours, self.factors[:, level]) for level in range(_N_LEVELS)]
        object.__setattr__(self, "_table", np.stack(columns, axis=-1))

    def of(self, observed_hours: Integers) -> Floats:
        """Factors (batch, 7) for windows with so many observed hours, 0 to 336."""
        factors: Floats = self._table[observed_hours]
        return factors

    def to_dict(self) -> dict[str, object]:
        """Plain values for a model's metadata."""
        return {"hours": list(self.hours), "factors": [[float(one) for one in row] for row in self.factors]}

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> IntervalCalibration:
        """Back from :meth:`to_dict`.

        Raises:
            ValueError: It holds something else.
        """
        hours, factors = stored.get("hours"), stored.get("factors")
        if not isinstance(hours, (list, tuple)) or not all(type(hour) is int for hour in hours):
            raise ValueError("hours must be whole numbers")
        try:
            numbers = np.array(factors, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError("factors must be rows of numbers") from error
        return cls(tuple(hours), numbers)


def no_calibration() -> IntervalCalibration:
    """The network's own interval."""
    return IntervalCalibration((MAX_HOURS,), np.ones((1, _N_LEVELS)))


def calibrated(quantiles: Floats, factors: Floats) -> Floats:
    """Quantiles (…, 24, 7) with their distances from the median multiplied by ``factors`` (…, 7), in order again."""
    median = quantiles[..., MEDIAN_INDEX, None]
    moved = quantiles - median
    moved *= factors[..., None, :]
    moved += median
    ordered: Floats = np.maximum.accumulate(moved, axis=-1)
    return ordered
