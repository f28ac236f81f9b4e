"""Trailing windows: checked against the plain definition, window by window."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from domain.lookback import lag, trailing_max, trailing_mean, trailing_min, trailing_std

Floats = NDArray[np.float64]
Window = Callable[[Floats, int], Floats]
SERIES = st.integers(1, 60).flatmap(lambda n: arrays(np.float64, n, elements=st.floats(-1e6, 1e6)))
HOURS = st.integers(2, 50)


def sample_std(window: Floats) -> float:
    return float(np.std(window, ddof=1)) if len(window) > 1 else 0.0


@pytest.mark.parametrize(
    ("window", "definition"),
    [(trailing_mean, np.mean), (trailing_std, sample_std), (trailing_max, np.max), (trailing_min, np.min)],
)
@given(values=SERIES, hours=HOURS)
def test_a_window_holds_the_row_and_those_before_it(
    window: Window, definition: Callable[[Floats], float], values: Floats, hours: int
) -> None:
    expected = [definition(values[max(0, row - hours + 1) : row + 1]) for row in range(len(values))]
    np.testing.assert_allclose(window(values, hours), expected, rtol=1e-9, atol=1e-6)


@given(SERIES, st.integers(1, 80))
def test_a_lag_is_the_earlier_row_or_the_oldest(values: Floats, hours: int) -> None:
    assert lag(values, hours).tolist() == [values[max(0, row - hours)] for row in range(len(values))]


@given(SERIES, HOURS)
def test_columns_of_a_table_are_treated_one_by_one(values: Floats, hours: int) -> None:
    table = np.column_stack([values, values[::-1]])
    assert np.array_equal(trailing_mean(table, hours)[:, 1], trailing_mean(values[::-1], hours))
    assert np.array_equal(lag(table, hours)[:, 0], lag(values, hours))
