"""One size from a forecast and two weeks of past."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from domain.forecast import QUANTILE_LEVELS
from domain.metrics import Resource
from domain.mixture import hourly_need, mixture_need
from domain.size_constants import SIZING_RULES, rule_for
from domain.size_rule import (
    MIN_PAST_HOURS,
    SizingRule,
    base_size,
    day_parts,
    day_size,
    hour_sizes,
    past_need,
    share_over,
)

Floats = NDArray[np.float64]
RULE = SizingRule(
    name="test/cpu", fitted_on="2026-01-01", forecast_weight=0.5, margins=((0.1, 0.0), (0.01, 0.1), (0.001, 0.6))
)
# 0, 1 … 200: a share r of it exceeds 200 × (1 − r).
RAMP = np.arange(201, dtype=np.float64)
# Of the rule on the ramp at 1 %.
MARGIN = 0.1 * math.sqrt(200 * 100)
_DAYS = arrays(np.float64, (4, 7), elements=st.floats(0, 1e4)).map(lambda day: np.sort(day, axis=1))
_PASTS = arrays(np.float64, (200,), elements=st.floats(0, 1e4)).map(np.sort)
_RISKS = st.floats(1e-5, 0.5)


def certain(level: float) -> Floats:
    """Hours whose demand is known."""
    return np.full((24, len(QUANTILE_LEVELS)), level)


def test_the_size_is_the_geometric_mean_of_both_needs_and_the_margin() -> None:
    # At 1 % the past needed 198, the forecast 50: √(198 × 50) = 99.5; plus 0.1 × √(200 × (200 − 100)).
    assert past_need(RAMP, 0.01) == pytest.approx(198.0)
    assert day_size(certain(50.0), RAMP, 0.01, RULE) == pytest.approx(math.sqrt(198 * 50) + MARGIN)


def test_the_highest_hour_seen_is_exceeded_by_the_margin_only() -> None:
    assert day_size(certain(1500.0), RAMP, 0.01, RULE) == pytest.approx(200 + MARGIN)


def test_neither_view_decides_alone_by_being_zero() -> None:
    # A view counts for no less than a tenth of the other: √(0.1 × 50 × 50).
    idle_but_once = np.concatenate([np.zeros(200), [100.0]])
    assert past_need(idle_but_once, 0.05) == 0
    assert base_size(np.array([50.0]), 0.0, 100.0, 0.5)[0] == pytest.approx(50 * math.sqrt(0.1))
    assert day_size(certain(0.0), RAMP, 0.1, RULE) == pytest.approx(180 * math.sqrt(0.1))


@pytest.mark.parametrize("highest", [0.0, 0.29])
def test_an_idle_past_leaves_the_forecast(highest: float) -> None:
    assert day_size(certain(3.0), np.full(200, highest), 0.01, RULE) == pytest.approx(3.0)


def test_what_never_moved_gets_no_margin() -> None:
    assert day_size(certain(6.0), np.full(336, 6.0), 0.001, RULE) == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("past", "rule"), [(None, RULE), (RAMP, None), (RAMP[: MIN_PAST_HOURS - 1], RULE)], ids=["none", "rule", "short"]
)
def test_without_a_rule_or_a_week_of_past_the_forecast_decides_alone(
    past: Floats | None, rule: SizingRule | None
) -> None:
    day = np.tile(np.arange(1.0, 8.0), (24, 1))
    assert day_size(day, past, 0.02, rule) == mixture_need(day, 0.02)
    assert np.array_equal(hour_sizes(day, past, 0.02, rule), hourly_need(day, 0.02))
    assert day_parts(day, past, 0.02, rule) is None


@pytest.mark.parametrize(("risk", "margin"), [(0.5, 0.0), (0.1, 0.0), (0.01, 0.1), (0.001, 0.6), (1e-5, 0.6)])
def test_margins_hold_at_the_risks_they_were_fitted_for_and_beyond(risk: float, margin: float) -> None:
    assert RULE.margin(risk) == pytest.approx(margin)


def test_between_two_fitted_risks_the_margin_lies_on_a_line_in_log_risk() -> None:
    assert RULE.margin(math.sqrt(0.1 * 0.01)) == pytest.approx(0.05)


def test_below_the_least_measured_risk_the_size_grows_as_the_forecasts_tail() -> None:
    day = np.tile(np.array([1.0, 2, 3, 4, 5, 6, 7]), (24, 1))
    least, rarer = (day_size(day, RAMP, risk, RULE) for risk in (0.001, 0.0001))
    assert rarer / least == pytest.approx(mixture_need(day, 0.0001) / mixture_need(day, 0.001))
    assert rarer > least


def test_the_parts_tell_how_the_size_came_about() -> None:
    parts = day_parts(certain(50.0), RAMP, 0.01, RULE)
    assert parts is not None
    told = (parts.forecast_need, parts.past_need, parts.highest_hour, parts.median_hour, parts.margin)
    assert told == pytest.approx((50.0, 198.0, 200.0, 100.0, 0.1))
    assert parts.past_hours == 201
    assert parts.size == day_size(certain(50.0), RAMP, 0.01, RULE)
    assert parts.is_measured
    rarer = day_parts(certain(50.0), RAMP, 0.0001, RULE)
    assert rarer is not None
    assert not rarer.is_measured
    assert rarer.past_need == pytest.approx(past_need(RAMP, 0.001))


def test_an_hour_is_sized_by_its_own_need_up_to_the_highest_hour_and_the_margin() -> None:
    day = np.vstack([certain(30.0)[:12], certain(300.0)[:12]])
    sizes = hour_sizes(day, RAMP, 0.01, RULE)
    assert sizes[0] == pytest.approx(30 + MARGIN)
    assert sizes[-1] == pytest.approx(200 + MARGIN)


@given(_DAYS, _PASTS, _RISKS, _RISKS)
def test_less_risk_never_buys_less(day: Floats, past: Floats, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert day_size(day, past, low, RULE) >= day_size(day, past, high, RULE) * (1 - 1e-2) - 1e-6


@given(_DAYS, _PASTS, _RISKS, st.floats(0.01, 100))
def test_the_unit_does_not_matter(day: Floats, past: Floats, risk: float, factor: float) -> None:
    scaled = day_size(day * factor, past * factor, risk, RULE)
    assert scaled == pytest.approx(day_size(day, past, risk, RULE) * factor, rel=2e-2, abs=1e-6)


@given(_DAYS, _PASTS, st.floats(0.001, 0.5))
def test_the_share_over_a_size_is_no_more_than_the_risk_it_was_made_for(day: Floats, past: Floats, risk: float) -> None:
    size = day_size(day, past, risk, RULE)
    # The curve is read off sizes a fifth of risk apart; a thousandth more is on the safe side of their rounding.
    assert share_over(day, past, [size * 1.001 + 1e-6], RULE)[0] <= risk * 1.25


@given(_DAYS, _PASTS)
def test_a_larger_amount_never_carries_more_risk(day: Floats, past: Floats) -> None:
    amounts = np.linspace(0, 3e4, 40)
    shares = share_over(day, past, amounts.tolist(), RULE)
    assert (np.diff(shares) <= 1e-3 * shares[:-1] + 1e-9).all()
    assert ((shares >= 0) & (shares <= 1)).all()


def test_share_over_inverts_the_size() -> None:
    day = np.tile(np.array([10.0, 20, 40, 60, 90, 110, 140]), (24, 1))
    risks = [0.3, 0.05, 0.01, 0.002, 0.001, 0.0002]
    sizes = [day_size(day, RAMP, risk, RULE) for risk in risks]
    assert share_over(day, RAMP, sizes, RULE) == pytest.approx(risks, rel=0.1)


@pytest.mark.parametrize("key", list(SIZING_RULES), ids=str)
def test_the_shipped_constants_make_sense(key: tuple[str, Resource]) -> None:
    rule = SIZING_RULES[key]
    risks, margins = zip(*rule.margins, strict=True)
    assert rule.name == f"{key[0]}/{key[1]}"
    assert 0 <= rule.forecast_weight <= 1
    assert list(risks) == sorted(risks, reverse=True)
    assert list(margins) == sorted(margins)
    assert 0 <= margins[0] <= margins[-1] < 5


def test_a_forecast_nobody_measured_has_no_rule() -> None:
    assert rule_for("fallback", Resource.CPU) is None
    assert {source for source, _ in SIZING_RULES} == {"lstm", "statistical"}
