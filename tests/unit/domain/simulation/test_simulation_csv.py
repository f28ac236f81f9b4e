"""Text of the simulated files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.simulation.render import number


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0, "0"), (-1e-9, "0"), (9539.0, "9539"), (100.0, "100"), (0.25, "0.25"), (-3.5, "-3.5"),
     (1 / 3, "0.333333"), (6.1e-17, "0"), (1e15, "1000000000000000")],
)  # fmt: skip
def test_numbers_are_short_plain_and_have_no_exponent(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(-1e9, 1e9))
def test_a_number_read_back_is_exact_to_the_last_decimal(value: float) -> None:
    # Half of the last decimal, and a little for the spacing of numbers near a thousand million.
    assert float(number(value)) == pytest.approx(value, rel=0, abs=0.7e-6)
