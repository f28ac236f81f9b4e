"""Measurements on their way into a history: what one may be, and how many travel at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_NAME_CHARACTERS: Final = 128
MAX_MAGNITUDE: Final = 1e18
"""Sums of larger values would lose all meaning."""
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199

Series = tuple[str, str]
"""Service and metric."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleBatch:
    """Samples of several series as columns, in the order in which they count: of the same time the last wins.

    Attributes:
        names: Service and metric of each code.
        codes: Shape (n,): index into ``names``.
        seconds: Shape (n,): whole seconds since 1970, UTC.
        values: Shape (n,), finite.
    """

    names: Sequence[Series]
    codes: NDArray[np.int32]
    seconds: NDArray[np.int64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not self.codes.shape == self.seconds.shape == self.values.shape:
            raise ValueError(f"columns differ: {self.codes.shape}, {self.seconds.shape}, {self.values.shape}")
        if not np.isfinite(self.values).all():
            raise ValueError("every value must be finite")

    def __len__(self) -> int:
        return int(self.codes.size)

    @property
    def series(self) -> frozenset[Series]:
        """The series it holds samples of."""
        return frozenset(self.names[code] for code in np.unique(self.codes).tolist())

    @property
    def services(self) -> frozenset[str]:
        """The services it holds samples of."""
        return frozenset(service_id for service_id, _ in self.series)


def name_fault(text: str) -> str:
    """What is wrong with a service's or metric's name; "" when nothing is."""
    if not text:
        return "is empty"
    if len(text) > MAX_NAME_CHARACTERS:
        return f"has {len(text)} characters, at most {MAX_NAME_CHARACTERS} are allowed"
    return "" if text.isprintable() else "holds a control or invisible character"
