"""Raw rows for the covariate tests."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from domain.covariates import ALL_COLUMNS, RAW_COLUMNS

Floats = NDArray[np.float64]
ORIGIN = datetime(2026, 9, 25, tzinfo=UTC)
WILD = st.floats(-1e60, 1e60, allow_nan=False)


def raw_rows(n: int, columns: Mapping[str, Sequence[float] | Floats] | None = None, *, first_offset: int = 0) -> Floats:
    """N plausible rows, with the named columns replaced."""
    rng = np.random.default_rng(n)
    table = np.round(rng.random((n, len(RAW_COLUMNS))), 3)
    table[:, 1:3] = rng.integers(1, 200, (n, 2))
    table[:, 0] = first_offset + np.arange(n)
    for name, values in (columns or {}).items():
        table[:, RAW_COLUMNS.index(name)] = values
    return table


@st.composite
def wild_rows(draw: st.DrawFn, *, min_rows: int = 1, max_rows: int = 80) -> Floats:
    """Rows of any finite value, hour_offset apart."""
    n = draw(st.integers(min_rows, max_rows))
    table: Floats = draw(arrays(np.float64, (n, len(RAW_COLUMNS)), elements=WILD))
    table[:, 0] = draw(st.integers(-1000, 100_000)) + np.arange(n)
    return table


def column(table: Floats, name: str) -> list[float]:
    """One column of a built table as a list."""
    values: list[float] = table[:, ALL_COLUMNS.index(name)].tolist()
    return values
