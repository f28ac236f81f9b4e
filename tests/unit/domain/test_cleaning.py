"""Cleaning rules of training, one by one, and that none of them learns from hours after the training split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from domain.cleaning import (
    clean_target,
    fit_robust_scale,
    forward_fill,
    learn_feature_cleaning,
    learn_winsor_bounds,
    restore_target,
    split_by_time,
    winsorize_around_mean,
)
from domain.errors import InvalidData

Floats = NDArray[np.float64]
NAN, INF = float("nan"), float("inf")
FINITE = st.floats(-1e60, 1e60, allow_nan=False)
ANY = st.floats(allow_nan=True, allow_infinity=True)


def series(*values: float) -> Floats:
    return np.asarray(values, dtype=np.float64)


def test_a_missing_value_takes_the_newest_before_it_and_zero_where_there_is_none() -> None:
    assert forward_fill(series(NAN, 3, NAN, INF, 5, -INF)).tolist() == [0, 3, 3, 3, 5, 5]


def test_filling_keeps_to_its_column() -> None:
    table = np.asarray([[1, NAN], [NAN, 2], [NAN, NAN]])
    assert forward_fill(table).tolist() == [[1, 0], [1, 2], [1, 2]]


@given(st.integers(0, 40).flatmap(lambda n: arrays(np.float64, n, elements=ANY)))
def test_filling_ends_every_gap_and_leaves_what_was_there(values: Floats) -> None:
    filled = forward_fill(values)
    there = np.isfinite(values)
    assert np.isfinite(filled).all()
    assert np.array_equal(filled[there], values[there])


def test_a_negative_target_counts_as_zero_before_it_is_carried_forward() -> None:
    assert clean_target(series(NAN, 4, -7, NAN, 2), use_log_transform=False).tolist() == [0, 4, 0, 0, 2]


def test_the_target_is_log1p_where_asked_and_comes_back() -> None:
    cleaned = clean_target(series(0, -3, np.e - 1, NAN), use_log_transform=True)
    assert cleaned == pytest.approx([0, 0, 1, 1])
    assert restore_target(cleaned, use_log_transform=True) == pytest.approx([0, 0, np.e - 1, np.e - 1])
    assert restore_target(series(2.5), use_log_transform=False).tolist() == [2.5]


@given(arrays(np.float64, 20, elements=ANY), st.booleans())
def test_a_cleaned_target_is_finite_and_never_negative(values: Floats, use_log_transform: bool) -> None:
    cleaned = clean_target(values, use_log_transform=use_log_transform)
    assert np.isfinite(cleaned).all()
    assert (cleaned >= 0).all()


def test_winsorizing_allows_three_interquartile_ranges_beyond_the_quartiles() -> None:
    bounds = learn_winsor_bounds(np.arange(101.0))  # quartiles 25 and 75
    assert bounds.lower == pytest.approx(25 - 150)
    assert bounds.upper == pytest.approx(75 + 150)
    assert bounds.apply(series(-500, -100, 50, 220, 9000)).tolist() == [-125, -100, 50, 220, 225]


def test_a_mostly_constant_column_is_flattened_unless_it_is_exempt() -> None:
    flags = np.column_stack([[0.0] * 9 + [1.0]] * 2)
    bounds = learn_winsor_bounds(flags, exempt=np.asarray([False, True]))
    assert bounds.apply(flags)[:, 0].tolist() == [0.0] * 10
    assert bounds.apply(flags)[:, 1].tolist() == flags[:, 1].tolist()


def test_the_scale_is_median_and_interquartile_range_per_column() -> None:
    scale = fit_robust_scale(np.column_stack([np.arange(101.0), np.arange(101.0) * 2 + 7]))
    assert scale.center.tolist() == [50, 107]
    assert scale.scale.tolist() == [50, 100]
    assert scale.transform(np.asarray([[75.0, 57.0]])).tolist() == [[0.5, -0.5]]


def test_a_constant_column_scales_to_zero_instead_of_dividing_by_zero() -> None:
    assert fit_robust_scale(np.full(10, 4.0)).transform(series(4, 5)).tolist() == [0, 1]


def test_a_range_within_rounding_of_the_largest_value_counts_as_none() -> None:
    values = np.zeros(30)
    values[:15], values[-1] = 3e-308, 1e9
    scaled = fit_robust_scale(values).transform(values)
    assert np.isfinite(scaled).all()
    assert scaled[-1] == pytest.approx(1e9)


@settings(deadline=None)
@given(arrays(np.float64, (30, 3), elements=FINITE))
def test_scaling_and_back_gives_the_same_values(values: Floats) -> None:
    scale = fit_robust_scale(values)
    assert np.isfinite(scale.transform(values)).all()
    tolerance = 1e-9 * (np.abs(values).max() + 1)
    assert np.abs(scale.inverse(scale.transform(values)) - values).max() <= tolerance


def test_splits_follow_time_without_gap_or_overlap() -> None:
    split = split_by_time(1000, validation_share=0.15, test_share=0.1)
    rows = np.arange(1000)
    assert [len(rows[part]) for part in (split.training, split.validation, split.test)] == [750, 150, 100]
    assert np.concatenate([rows[split.training], rows[split.validation], rows[split.test]]).tolist() == rows.tolist()


@pytest.mark.parametrize(("validation", "test"), [(-0.1, 0.1), (0.5, 0.5), (0.0, 1.0), (NAN, 0.1)])
def test_shares_that_leave_nothing_to_train_on_are_refused(validation: float, test: float) -> None:
    with pytest.raises(InvalidData, match="share"):
        split_by_time(100, validation_share=validation, test_share=test)


def test_too_few_rows_to_split_are_refused() -> None:
    with pytest.raises(InvalidData, match="0 rows"):
        split_by_time(0, validation_share=0.1, test_share=0.1)


def test_features_are_filled_winsorized_and_scaled_in_this_order() -> None:
    column = np.arange(101.0)
    column[50] = NAN  # becomes 49
    features = np.concatenate([column, [9000.0]])[:, None]
    split = split_by_time(102, validation_share=0, test_share=0.01)
    cleaned = learn_feature_cleaning(features, split).apply(features)
    median, spread = 49.0, 50.0
    assert cleaned[50, 0] == pytest.approx((49 - median) / spread)
    assert cleaned[101, 0] == pytest.approx((75 + 150 - median) / spread)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, (40, 2), elements=st.one_of(FINITE, st.just(NAN))), st.data())
def test_hours_after_the_training_split_change_no_bound_scale_or_training_row(
    features: Floats, data: st.DataObject
) -> None:
    split = split_by_time(40, validation_share=0.2, test_share=0.2)
    changed = features.copy()
    changed[split.training.stop :] = data.draw(FINITE)
    before, after = (learn_feature_cleaning(table, split) for table in (features, changed))
    assert np.array_equal(before.bounds.lower, after.bounds.lower)
    assert np.array_equal(before.bounds.upper, after.bounds.upper)
    assert np.array_equal(before.scaler.center, after.scaler.center)
    assert np.array_equal(before.scaler.scale, after.scaler.scale)
    training_rows = slice(0, split.training.stop)
    assert np.array_equal(before.apply(features)[training_rows], after.apply(changed)[training_rows])


@settings(max_examples=60, deadline=None)
@given(arrays(np.float64, 60, elements=FINITE), st.integers(1, 59), FINITE)
def test_no_cleaned_hour_depends_on_a_later_one(values: Floats, cut: int, later: float) -> None:
    changed = values.copy()
    changed[cut:] = later
    assert np.array_equal(forward_fill(values)[:cut], forward_fill(changed)[:cut])
    for log in (False, True):
        ours, theirs = (clean_target(each, use_log_transform=log) for each in (values, changed))
        assert np.array_equal(ours[:cut], theirs[:cut])
    split = split_by_time(60, validation_share=0.2, test_share=0.2)
    after_training = max(cut, split.training.stop)
    changed = values.copy()
    changed[after_training:] = later
    smooth, smooth_changed = (winsorize_around_mean(each, split) for each in (values, changed))
    assert np.array_equal(smooth[:after_training], smooth_changed[:after_training])


def test_smoothing_keeps_the_distance_to_the_mean_of_the_hours_before_within_the_band() -> None:
    values = np.tile([10.0, 12.0], 100)
    values[150] = 500.0
    split = split_by_time(200, validation_share=0.2, test_share=0.2)  # the spike is after training
    smoothed = winsorize_around_mean(values, split)
    assert smoothed[30:150] == pytest.approx(values[30:150])
    assert smoothed[150] == pytest.approx(12, abs=0.1)
    assert smoothed[151] > 30  # the next hour's average holds the spike, and only that one's


def test_nothing_is_learned_from_no_rows_or_missing_values() -> None:
    for learn in (learn_winsor_bounds, fit_robust_scale):
        with pytest.raises(InvalidData, match="no training rows"):
            learn(np.empty((0, 3)))
        with pytest.raises(InvalidData, match="filled"):
            learn(series(1, NAN))
    with pytest.raises(InvalidData, match="filled"):
        winsorize_around_mean(series(1, NAN, 3), split_by_time(3, validation_share=0, test_share=0))
