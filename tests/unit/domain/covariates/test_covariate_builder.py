"""What each derived column says, that none looks ahead, and that a slice gives what the whole gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.covariates import (
    ALL_COLUMNS,
    RAW_COLUMNS,
    WARM_UP_HOURS,
    build_covariates,
    build_recent_covariates,
    learn_bin_edges,
)
from domain.errors import InvalidData

from .raw_rows import ORIGIN, WILD, Floats, column, raw_rows, wild_rows

EVENTS = [10.0, 20.0, 40.0, 10.0]


def build(raw: Floats) -> Floats:
    return build_covariates(raw, origin=ORIGIN, edges=learn_bin_edges(raw, len(raw)))


def test_the_raw_columns_stay_as_they_are() -> None:
    raw = raw_rows(30)
    table = build(raw)
    assert table.shape == (30, 84)
    assert np.array_equal(table[:, :16], raw)


def test_lags_look_back_and_repeat_the_oldest_value_at_the_start() -> None:
    table = build(raw_rows(4, {"total_events": EVENTS, "avg_cpu": [0.1, 0.2, 0.3, 0.4]}))
    assert column(table, "lag1_events") == [10, 10, 20, 40]
    assert column(table, "lag2_cpu") == [0.1, 0.1, 0.1, 0.2]
    assert column(table, "lag24_events") == [10, 10, 10, 10]


def test_lag_24_is_the_same_hour_of_the_day_before() -> None:
    table = build(raw_rows(60, {"unique_machines": np.arange(60.0)}))
    assert column(table, "lag24_machines")[24:] == list(range(36))


def test_moving_averages_include_the_hour_itself_and_run_over_what_is_there() -> None:
    table = build(raw_rows(4, {"total_events": EVENTS}))
    assert column(table, "ma3_events") == pytest.approx([10, 15, 70 / 3, 70 / 3])
    assert column(table, "ma48_events") == pytest.approx([10, 15, 70 / 3, 20])


def test_rolling_columns_describe_the_last_12_and_24_hours_of_events() -> None:
    events = np.asarray([500.0, *range(1, 31)])
    table = build(raw_rows(31, {"total_events": events}))
    assert column(table, "roll12_max")[12] == 12
    assert column(table, "roll12_min")[12] == 1
    assert column(table, "roll24_max")[12] == 500
    assert column(table, "roll12_std")[30] == pytest.approx(np.std(events[19:31], ddof=1))
    assert column(table, "roll24_std")[30] == pytest.approx(np.std(events[7:31], ddof=1))
    assert column(table, "roll12_std")[0] == 0


def test_changes_compare_with_earlier_hours_and_start_at_the_oldest_value() -> None:
    table = build(raw_rows(4, {"total_events": EVENTS}))
    assert column(table, "diff_1h") == [0, 10, 20, -30]
    assert column(table, "diff_24h") == [0, 10, 30, 0]
    assert column(table, "pct_change_1h") == [0, 1, 1, -0.75]


def test_a_relative_change_from_zero_events_stays_finite() -> None:
    table = build(raw_rows(2, {"total_events": [0, 7]}))
    assert column(table, "pct_change_1h") == [0, 7]


def test_ratios_and_products_follow_their_names() -> None:
    values = {"total_events": 90, "unique_machines": 30, "avg_cpu": 0.6, "avg_memory": 0.3,
              "unique_switches": 7, "unique_platforms": 3}  # fmt: skip
    table = build(raw_rows(1, {name: [value] for name, value in values.items()}))
    expected = {
        "cpu_memory_ratio": 2, "resource_total": 0.9, "resource_efficiency": 100, "events_per_machine": 3,
        "cpu_events_interaction": 0.054, "machines_events_ratio": 30 / 91, "switches_complexity": 21,
    }  # fmt: skip
    assert {name: column(table, name)[0] for name in expected} == pytest.approx(expected, rel=1e-5)


def test_flags_mark_office_hours_weekends_and_nights() -> None:
    table = build(raw_rows(72))  # Friday 25 September 2026 to Sunday
    hours = np.arange(72) % 24
    assert column(table, "is_business_hour") == ((hours >= 9) & (hours <= 18)).tolist()
    assert column(table, "is_night") == ((hours <= 6) | (hours >= 22)).tolist()
    assert column(table, "is_weekend") == [0.0] * 24 + [1.0] * 48


def test_load_columns_use_the_edges_given_not_the_rows_at_hand() -> None:
    edges = learn_bin_edges(raw_rows(101, {"total_events": np.arange(101.0)}), 101)
    table = build_covariates(raw_rows(3, {"total_events": [19, 50, 81]}), origin=ORIGIN, edges=edges)
    assert column(table, "is_high_load") == [0, 0, 1]
    assert column(table, "is_low_load") == [1, 0, 0]
    assert column(table, "load_category") == [1, 3, 5]
    assert column(table, "events_quantile") == [1, 4, 8]


@settings(max_examples=60, deadline=None)
@given(wild_rows(min_rows=2), st.data())
def test_changing_later_hours_never_changes_an_earlier_row(raw: Floats, data: st.DataObject) -> None:
    edges = learn_bin_edges(raw, len(raw))
    cut = data.draw(st.integers(1, len(raw) - 1))
    changed = raw.copy()
    changed[cut:, 1:] = data.draw(WILD)
    before, after = (build_covariates(rows, origin=ORIGIN, edges=edges) for rows in (raw, changed))
    assert np.array_equal(before[:cut], after[:cut])


@settings(max_examples=60, deadline=None)
@given(wild_rows())
def test_wild_but_finite_rows_give_finite_columns(raw: Floats) -> None:
    assert np.isfinite(build(raw)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(72, 200), st.integers(1, 24))
def test_the_last_rows_from_a_slice_equal_the_full_computation_to_the_bit(n: int, rows: int) -> None:
    raw = raw_rows(n)
    edges = learn_bin_edges(raw, n)
    whole = build_covariates(raw, origin=ORIGIN, edges=edges)
    slice_of_it = raw[-(rows + WARM_UP_HOURS) :]
    assert np.array_equal(build_recent_covariates(slice_of_it, rows=rows, origin=ORIGIN, edges=edges), whole[-rows:])


def test_the_warm_up_is_as_long_as_needed_and_no_longer() -> None:
    raw = raw_rows(200)
    edges = learn_bin_edges(raw, 200)
    whole = build_covariates(raw, origin=ORIGIN, edges=edges)
    one_short = build_covariates(raw[-(24 + WARM_UP_HOURS - 1) :], origin=ORIGIN, edges=edges)
    assert WARM_UP_HOURS == 47
    differing = {ALL_COLUMNS[index] for index in np.flatnonzero((one_short[-24:] != whole[-24:]).any(axis=0))}
    assert differing == {"ma48_events", "ma48_machines", "ma48_cpu"}


def test_a_short_series_gives_its_rows_as_the_full_computation_does() -> None:
    raw = raw_rows(30)
    edges = learn_bin_edges(raw, 30)
    recent = build_recent_covariates(raw, rows=24, origin=ORIGIN, edges=edges)
    assert np.array_equal(recent, build_covariates(raw, origin=ORIGIN, edges=edges)[-24:])


def test_more_rows_than_there_are_hours_are_refused() -> None:
    raw = raw_rows(10)
    with pytest.raises(InvalidData, match=r"24 rows .* 10 raw hours"):
        build_recent_covariates(raw, rows=24, origin=ORIGIN, edges=learn_bin_edges(raw, 10))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_missing_value_is_refused_by_name_and_row(bad: float) -> None:
    raw = raw_rows(5)
    edges = learn_bin_edges(raw, 5)
    raw[3, RAW_COLUMNS.index("std_cpu")] = bad
    with pytest.raises(InvalidData, match="std_cpu of row 3"):
        build_covariates(raw, origin=ORIGIN, edges=edges)


def test_rows_out_of_order_and_rows_of_the_wrong_width_are_refused() -> None:
    raw = raw_rows(5)
    edges = learn_bin_edges(raw, 5)
    with pytest.raises(InvalidData, match="must increase"):
        build_covariates(raw[::-1], origin=ORIGIN, edges=edges)
    with pytest.raises(InvalidData, match="shape"):
        build_covariates(raw[:, :15], origin=ORIGIN, edges=edges)
    with pytest.raises(InvalidData, match="shape"):
        build_covariates(raw[:0], origin=ORIGIN, edges=edges)


def test_a_broken_negative_reading_in_a_divisor_counts_as_zero() -> None:
    values: dict[str, list[float]] = {"total_events": [-1], "unique_machines": [5], "avg_cpu": [0.5]}
    values["avg_memory"] = [-1e-6]
    table = build(raw_rows(1, values))
    assert column(table, "machines_events_ratio") == [5]
    assert column(table, "cpu_memory_ratio") == pytest.approx([0.5e6])
