"""The size for an accepted share of hours over capacity."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from domain.forecast import QUANTILE_LEVELS
from domain.mixture import hourly_need, mean_share_over, mixture_need, mixture_needs, tail_scale

Floats = NDArray[np.float64]
LEVELS = np.array(QUANTILE_LEVELS)
_DAYS = arrays(np.float64, (4, 7), elements=st.floats(0, 1e6)).map(lambda day: np.sort(day, axis=1))
_STAIRS = arrays(np.float64, (4, 7), elements=st.integers(0, 3).map(float)).map(lambda day: np.sort(day, axis=1))
_RISKS = st.floats(1e-4, 0.5)


def exponential_day(scales: Floats) -> Floats:
    """Hours with exponential demand: quantile at p is -scale × ln(1 - p)."""
    day: Floats = -scales[:, None] * np.log(1 - LEVELS)[None, :]
    return day


def test_share_over_is_exact_at_the_quantiles_and_in_the_exponential_tail() -> None:
    day = exponential_day(np.full(24, 2.0))
    at_levels = mean_share_over(day, day[0])
    assert at_levels == pytest.approx(1 - LEVELS)
    # The tail continues the same exponential: (q99 - q95) / ln 5 is its scale.
    assert tail_scale(day) == pytest.approx(np.full(24, 2.0))
    assert mean_share_over(day, np.array([-2.0 * math.log(0.001)])) == pytest.approx(0.001)


def test_mixture_of_two_kinds_of_hours_lies_between_their_own_needs() -> None:
    day = exponential_day(np.array([1.0] * 12 + [3.0] * 12))
    need = mixture_need(day, 0.01)
    quiet, busy = -math.log(0.01), -3 * math.log(0.01)
    assert quiet < need < busy
    # 12 of 24 hours hardly count: the busy half must stay below twice the share.
    expected = brute_force(day, 0.01)
    assert need == pytest.approx(expected, rel=0.005)


def test_one_busy_hour_does_not_size_the_day_at_a_lax_risk() -> None:
    day = exponential_day(np.array([0.01] * 23 + [10.0]))
    assert mixture_need(day, 0.05) < 1.0
    assert mixture_need(day, 0.001) > 30.0


def test_certain_demand_is_met_exactly() -> None:
    assert mixture_need(np.full((24, 7), 3.0), 0.01) == 3.0
    assert mean_share_over(np.full((24, 7), 3.0), np.array([2.999, 3.0])) == pytest.approx([1.0, 0.0], abs=1e-9)


def test_hourly_need_is_the_quantile_at_one_minus_risk() -> None:
    day = exponential_day(np.array([1.0, 2.0]))
    assert hourly_need(day, 0.05) == pytest.approx(day[:, QUANTILE_LEVELS.index(0.95)])
    assert hourly_need(day, 0.5) == pytest.approx(day[:, QUANTILE_LEVELS.index(0.5)])
    assert hourly_need(day, 0.001) == pytest.approx(-np.array([1.0, 2.0]) * math.log(0.001))


def brute_force(day: Floats, risk: float) -> float:
    """The same by a fine sweep, without the search."""
    grid = np.linspace(0, float(hourly_need(day, risk).max()), 20_000)
    return float(grid[np.argmax(mean_share_over(day, grid) <= risk)])


@given(_DAYS | _STAIRS, _RISKS)
def test_the_need_never_exceeds_the_accepted_share(day: Floats, risk: float) -> None:
    need = mixture_need(day, risk)
    assert mean_share_over(day, np.array([need]))[0] <= risk * (1 + 1e-6) + 1e-9


@given(_DAYS | _STAIRS, _RISKS)
def test_the_need_is_not_larger_than_necessary(day: Floats, risk: float) -> None:
    need, own = mixture_need(day, risk), hourly_need(day, risk)
    clearly_less = need - max(1e-6, 1e-3 * float(own.max() - own.min())) - 1e-9 * abs(need)
    if clearly_less > own.min():
        assert mean_share_over(day, np.array([clearly_less]))[0] >= risk * 0.98


@given(_DAYS | _STAIRS)
def test_many_needs_at_once_are_each_safe_and_no_larger_than_necessary(day: Floats) -> None:
    risks = np.geomspace(0.5, 1e-4, 9)
    found = mixture_needs(day, risks)
    assert (mean_share_over(day, found) <= risks * (1 + 1e-9) + 1e-12).all()
    for risk, need in zip(risks.tolist(), found.tolist(), strict=True):
        needs = hourly_need(day, risk)
        spread = float(needs.max() - needs.min())
        assert need <= mixture_need(day, risk) + 5e-4 * spread + 1e-9 * max(1.0, need)


@given(_DAYS, _RISKS, _RISKS)
def test_less_risk_never_needs_less(day: Floats, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert mixture_need(day, low) >= mixture_need(day, high) * (1 - 1e-2) - 1e-6


@given(_DAYS, st.floats(0.01, 100))
def test_the_need_grows_in_proportion_with_demand(day: Floats, factor: float) -> None:
    assert mixture_need(day * factor, 0.01) == pytest.approx(mixture_need(day, 0.01) * factor, rel=2e-2, abs=1e-6)
