"""The wide file made ready for learning: DESIGN's cleaning rules applied, and nothing learned from a later hour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adapters.training.cluster_table import SCALED_LIMIT, ClusterTable, prepare, read_wide
from domain.cleaning import restore_target
from domain.covariates import FEATURE_COLUMNS
from domain.errors import InvalidData

DATA = Path(__file__).parents[4] / "data" / "lstm_ready_cluster_data.csv"
ROWS = 500
Columns = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def columns() -> Columns:
    """The first weeks of the shipped file."""
    return {name: values[:ROWS] for name, values in read_wide(DATA).items()}


def prepared(columns: Columns, **changes: object) -> ClusterTable:
    options: dict[str, object] = {
        "target_column": "total_events", "use_log_transform": True, "validation_share": 0.15, "test_share": 0.15,
    }  # fmt: skip
    return prepare({name: values.copy() for name, values in columns.items()}, **(options | changes))  # type: ignore[arg-type]


def changed_after(columns: Columns, first: int) -> Columns:
    """The same file with every measured value of every later hour changed; the calendar stays."""
    calendar = {"hour_offset", "hour_of_day", "day_of_week", "day_of_month"}
    random = np.random.default_rng(5)
    changed = {name: values.copy() for name, values in columns.items()}
    for name, values in changed.items():
        if name not in calendar:
            values[first:] = values[first:] * 7 + random.random(ROWS - first)
    return changed


def test_hours_after_training_change_no_bound_scale_or_bin_edge(columns: Columns) -> None:
    before = prepared(columns)
    after = prepared(changed_after(columns, before.split.training.stop))
    for name in ("lower", "upper"):
        assert np.array_equal(getattr(before.cleaning.bounds, name), getattr(after.cleaning.bounds, name))
    assert np.array_equal(before.cleaning.scaler.center, after.cleaning.scaler.center)
    assert np.array_equal(before.cleaning.scaler.scale, after.cleaning.scaler.scale)
    assert before.target_scale.center == after.target_scale.center
    assert before.target_scale.scale == after.target_scale.scale
    assert before.edges.as_dict() == after.edges.as_dict()


@pytest.mark.parametrize("smooth", [False, True])
def test_no_row_the_network_reads_depends_on_a_later_hour(columns: Columns, smooth: bool) -> None:
    before = prepared(columns, smooth_auxiliary=smooth)
    last = before.split.training.stop
    after = prepared(changed_after(columns, last), smooth_auxiliary=smooth)
    assert np.array_equal(before.features[:last], after.features[:last])
    assert np.array_equal(before.target[:last], after.target[:last])
    assert not np.array_equal(before.features[last:], after.features[last:])


def test_an_hour_of_training_does_change_what_is_learned(columns: Columns) -> None:
    before = prepared(columns)
    after = prepared(changed_after(columns, before.split.training.stop // 2))
    assert not np.array_equal(before.cleaning.scaler.scale, after.cleaning.scaler.scale)
    assert before.edges.as_dict() != after.edges.as_dict()


def test_the_target_is_clipped_log_transformed_filled_and_scaled_back_to_itself(columns: Columns) -> None:
    broken = {name: values.copy() for name, values in columns.items()}
    broken["total_events"][40], broken["total_events"][41] = -5.0, np.nan
    table = prepared(broken)
    back = restore_target(table.target_scale.inverse(table.target), use_log_transform=True)
    expected = broken["total_events"].copy()
    expected[40:42] = 0.0
    assert back == pytest.approx(expected, abs=1e-6)
    assert np.isnan(table.observed_target[41])


def test_features_are_within_the_winsor_bounds_of_the_training_rows(columns: Columns) -> None:
    table = prepared(columns)
    training = table.features[table.split.training]
    low = table.cleaning.scaler.transform(
        np.where(np.isfinite(table.cleaning.bounds.lower), table.cleaning.bounds.lower, 0)
    )
    for column, name in enumerate(FEATURE_COLUMNS):
        if np.isfinite(table.cleaning.bounds.lower[column]):
            assert training[:, column].min() >= low[column] - 1e-9, name
    assert np.abs(table.features).max() <= SCALED_LIMIT


def test_smoothing_is_off_unless_asked_for(columns: Columns) -> None:
    spiked = {name: values.copy() for name, values in columns.items()}
    spiked["avg_cpu"][300] = 50.0
    column = FEATURE_COLUMNS.index("avg_cpu") + 2
    assert prepared(spiked).prepared[300, column] == 50.0
    assert prepared(spiked, smooth_auxiliary=True).prepared[300, column] < 5.0


def test_windows_keep_to_the_order_of_time(columns: Columns) -> None:
    table = prepared(columns)
    split = table.split
    training, validation, test = (
        table.window_starts(part, 24) for part in (split.training, split.validation, split.test)
    )
    assert training.max() + 24 <= split.training.stop <= validation.min()
    assert validation.max() + 24 <= split.validation.stop <= test.min()


def test_a_target_that_is_not_there_is_refused(columns: Columns) -> None:
    for name in ("hour_offset", "nothing"):
        with pytest.raises(InvalidData, match=name):
            prepared(columns, target_column=name)


def test_a_column_that_is_missing_or_a_ragged_line_is_named(tmp_path: Path) -> None:
    lines = DATA.read_text().splitlines()[:30]
    path = tmp_path / "wide.csv"
    path.write_text("\n".join([lines[0].replace("lag6_cpu", "other"), *lines[1:]]))
    with pytest.raises(InvalidData, match="lag6_cpu"):
        read_wide(path)
    path.write_text("\n".join([*lines[:5], lines[5] + ",1", *lines[6:]]))
    with pytest.raises(InvalidData) as caught:
        read_wide(path)
    assert caught.value.line == 6
