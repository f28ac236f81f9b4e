"""Covariates of the service model: what they say, that they scale, and that one window is as good as many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.window_covariates import (
    DAY,
    FEATURE_NAMES,
    MAX_HOURS,
    SCALED_LIMITS,
    WEEK,
    WindowCovariates,
    build_window_covariates,
    fill_unobserved,
)

LENGTHS = (24, 25, 47, 48, 100, 167, 168, 169, 200, 335, 336)


def window(hours: int, batch: int = 3, seed: int = 0) -> np.ndarray:
    """Daily rhythms with noise."""
    random = np.random.default_rng(seed)
    hour = np.arange(hours)
    return 50 + 10 * np.sin(hour * 2 * np.pi / DAY) + random.normal(0, 3, (batch, hours))


def build(values: np.ndarray, hour_of_week: int = 30) -> WindowCovariates:
    batch, hours = values.shape
    counts = np.array([[min(hours, WEEK), hours]] * batch)
    return build_window_covariates(values, counts, np.full(batch, hour_of_week))


def column(made: WindowCovariates, name: str) -> np.ndarray:
    return made.inputs[:, :, FEATURE_NAMES.index(name)]


@pytest.mark.parametrize("hours", LENGTHS)
def test_every_length_gives_finite_inputs_of_one_shape(hours: int) -> None:
    made = build(window(hours))
    assert made.inputs.shape == (3, DAY, len(FEATURE_NAMES))
    assert made.inputs.dtype == np.float32
    assert np.isfinite(made.inputs).all()
    assert made.anchor.shape == (3, DAY)


@pytest.mark.parametrize("hours", LENGTHS)
def test_a_batch_gives_what_its_windows_give_alone(hours: int) -> None:
    values = window(hours, batch=5)
    whole = build(values)
    for row in range(5):
        alone = build(values[row : row + 1])
        np.testing.assert_allclose(whole.inputs[row], alone.inputs[0], atol=2e-6)
        assert whole.spread[row] == pytest.approx(alone.spread[0], rel=1e-12)


@pytest.mark.parametrize("hours", LENGTHS)
def test_the_columns_say_what_their_names_do(hours: int) -> None:
    values = window(hours, batch=2)
    made = build(values)
    week = values[:, -WEEK:]
    assert made.level == pytest.approx(week.mean(axis=1))
    assert made.spread == pytest.approx(week.std(axis=1))
    scaled = (values - made.level[:, None]) / made.spread[:, None]
    days = [scaled[:, hours - DAY * (k + 1) : hours - DAY * k] for k in range(hours // DAY)]
    for name, expected in {
        "lag_24h": days[0],
        "week_median": np.median(days[:7], axis=0),
        "week_std": np.std(days[:7], axis=0),
        "week_max": np.max(days[:7], axis=0),
        "week_min": np.min(days[:7], axis=0),
    }.items():
        np.testing.assert_allclose(column(made, name), expected, atol=1e-5, err_msg=name)
    for name, scalar in {
        "last": scaled[:, -1],
        "last_but_one": scaled[:, -2],
        "mean_6h": scaled[:, -6:].mean(axis=1),
        "mean_24h": scaled[:, -DAY:].mean(axis=1),
        "std_24h": scaled[:, -DAY:].std(axis=1),
        "max_24h": scaled[:, -DAY:].max(axis=1),
        "min_week": scaled[:, -WEEK:].min(axis=1),
        "p50_two_weeks": np.quantile(scaled, 0.5, axis=1),
        "p99.5_two_weeks": np.quantile(scaled, 0.995, axis=1),
        "max_two_weeks": scaled.max(axis=1),
        "min_two_weeks": scaled.min(axis=1),
        "mean_two_weeks": scaled.mean(axis=1),
        "std_two_weeks": scaled.std(axis=1),
        "observed_share_two_weeks": np.full(2, hours / MAX_HOURS),
    }.items():
        np.testing.assert_allclose(column(made, name), np.tile(scalar[:, None], DAY), atol=1e-5, err_msg=name)


def test_the_errors_of_simple_rules_are_those_of_the_days_before() -> None:
    values = window(MAX_HOURS, batch=1)
    made = build(values)
    scaled = (values[0] - made.level) / made.spread
    days = scaled.reshape(-1, DAY)
    naive = np.abs(days[1:] - days[:-1]).mean(axis=0)
    last = np.abs(days[1:] - days[:-1, -1:]).mean(axis=0)
    np.testing.assert_allclose(column(made, "log_error_day_before")[0], np.log(naive + 0.03), atol=1e-5)
    np.testing.assert_allclose(column(made, "log_error_last")[0], np.log(last + 0.03), atol=1e-5)
    np.testing.assert_allclose(column(made, "mean_log_error_last")[0], np.log(last.mean() + 0.03), atol=1e-5)


@given(st.floats(1e-6, 1e9), st.sampled_from(LENGTHS))
def test_the_unit_does_not_matter(factor: float, hours: int) -> None:
    values = window(hours)
    one, other = build(values), build(values * factor)
    np.testing.assert_allclose(one.inputs, other.inputs, atol=1e-4)


def test_an_idle_or_constant_series_gives_no_infinite_scale() -> None:
    for level in (0.0, 7.5, -2.0):
        made = build(np.full((1, MAX_HOURS), level))
        assert np.isfinite(made.inputs).all()
        assert made.spread[0] > 0
    jump = np.zeros((1, MAX_HOURS))
    jump[0, 3] = 1e9  # before the last week: outside its scale
    assert build(jump).inputs[:, :, :14].max() <= SCALED_LIMITS[1]


@pytest.mark.parametrize("hours", [23, 337])
def test_a_length_that_is_not_learned_is_refused(hours: int) -> None:
    with pytest.raises(ValueError, match="24 to 336"):
        build(window(hours))


def test_holes_are_filled_from_measured_hours_alone() -> None:
    values = window(72, batch=1)
    observed = np.ones((1, 72), dtype=bool)
    observed[0, [2, 26, 30]] = False
    forged = np.where(observed, values, 1e9)
    filled = fill_unobserved(forged, observed)
    assert filled[0, 2] == filled[0, 26] == pytest.approx(values[0, 50])  # the only day that saw that hour
    assert filled[0, 30] == pytest.approx((values[0, 6] + values[0, 54]) / 2)
    assert np.array_equal(filled[observed], values[observed])


def test_an_hour_of_the_day_nobody_ever_measured_gets_the_mean() -> None:
    observed = np.ones((1, 48), dtype=bool)
    observed[0, [5, 29]] = False
    filled = fill_unobserved(np.where(observed, 4.0, np.nan), observed)
    assert filled[0, 5] == filled[0, 29] == 4.0
