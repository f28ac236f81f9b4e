"""Bin edges are learned on the training rows, stored as plain numbers, and read back with care."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from domain.covariates import BinEdges, learn_bin_edges
from domain.covariates.bins import bin_number
from domain.errors import InvalidData

from .raw_rows import Floats, raw_rows, wild_rows

COUNTING = {"total_events": np.arange(101.0)}


def test_edges_are_deciles_quintiles_and_equal_parts_of_the_range() -> None:
    counting = np.arange(101.0)
    raw = raw_rows(101, {"total_events": counting, "avg_cpu": counting / 100, "avg_memory": counting / 200})
    edges = learn_bin_edges(raw, 101)
    assert edges.events_quantile == pytest.approx(range(10, 100, 10))
    assert edges.cpu_quantile == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert edges.memory_quantile == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert edges.load_category == pytest.approx([20, 40, 60, 80])
    assert (edges.low_load_below, edges.high_load_above) == (20, 80)


def test_rows_after_the_training_rows_do_not_move_an_edge() -> None:
    raw = raw_rows(101, COUNTING)
    changed = raw.copy()
    changed[70:] = 1e9
    assert learn_bin_edges(raw, 70) == learn_bin_edges(changed, 70)
    assert learn_bin_edges(raw, 71) != learn_bin_edges(changed, 71)


def test_one_extreme_hour_does_not_put_all_others_into_the_lowest_load_category() -> None:
    raw = raw_rows(101, {"total_events": [*range(100), 1e6]})
    edges = learn_bin_edges(raw, 101)
    assert set(bin_number(raw[:100, 1], edges.load_category)) > {0.0, 1.0}


def test_a_value_on_an_edge_belongs_to_the_lower_bin() -> None:
    assert bin_number(np.asarray([0.0, 1.0, 1.5, 2.0, 9.0]), (1.0, 2.0)).tolist() == [0, 0, 1, 1, 2]


def test_a_constant_training_split_has_one_bin() -> None:
    edges = learn_bin_edges(raw_rows(10, {"total_events": [5.0] * 10}), 10)
    assert bin_number(np.asarray([5.0]), edges.events_quantile).tolist() == [0]
    assert edges.load_category == (5, 5, 5, 5)


@settings(max_examples=60, deadline=None)
@given(wild_rows())
def test_edges_of_wild_rows_survive_the_metadata_unchanged(raw: Floats) -> None:
    edges = learn_bin_edges(raw, len(raw))
    assert BinEdges.from_dict(edges.as_dict()) == edges


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("events_quantile", None),
        ("events_quantile", [1.0] * 8),
        ("cpu_quantile", "0.1,0.2,0.3,0.4"),
        ("cpu_quantile", [0.1, 0.2, float("nan"), 0.4]),
        ("memory_quantile", [0.4, 0.3, 0.2, 0.1]),
        ("load_category", [1, 2, 3, True]),
        ("high_load_above", float("inf")),
        ("low_load_below", None),
    ],
)
def test_stored_edges_that_are_not_edges_are_refused_by_name(name: str, value: Any) -> None:
    stored = learn_bin_edges(raw_rows(20), 20).as_dict()
    with pytest.raises(InvalidData, match=name):
        BinEdges.from_dict({**stored, name: value})


@pytest.mark.parametrize("training_rows", [0, -1, 21])
def test_a_training_split_outside_the_rows_is_refused(training_rows: int) -> None:
    with pytest.raises(InvalidData, match="1 to 20"):
        learn_bin_edges(raw_rows(20), training_rows)


def test_edges_are_not_learned_from_missing_values_or_a_wrong_width() -> None:
    raw = raw_rows(20)
    with pytest.raises(InvalidData, match="16 columns"):
        learn_bin_edges(raw[:, :5], 20)
    raw[3, 1] = np.nan
    with pytest.raises(InvalidData, match="finite"):
        learn_bin_edges(raw, 20)
