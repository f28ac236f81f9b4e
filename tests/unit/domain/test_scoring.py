"""The score: sums per series, relative to the reference, averaged geometrically."""

from __future__ import annotations

import math

import numpy as np
import pytest

from domain.forecast import MEDIAN_INDEX, QUANTILE_LEVELS
from domain.scoring import (
    SCORE_LEVELS,
    SeriesScore,
    Tally,
    geometric_mean,
    pinball_loss,
    score_dataset,
    score_overall,
    tally,
)

P90 = QUANTILE_LEVELS.index(0.9)


def some(dataset: str = "a", ours: float = 1.0, naive: float = 2.0, level: float = 10.0, **counts: int) -> SeriesScore:
    covered = tuple(round(level_ * 24) for level_ in QUANTILE_LEVELS)
    windows = counts.get("windows", 1)
    method = Tally(windows=windows, hours=24, absolute_error=ours, pinball=ours / 2, level=level, covered=covered)
    reference = Tally(windows=windows, hours=24, absolute_error=naive, pinball=naive, level=level, covered=covered)
    return SeriesScore(dataset=dataset, series="s", method=method, reference=reference, seconds=0.002)


def test_pinball_loss_weighs_under_and_over_by_the_level() -> None:
    quantiles = np.full((1, 7), 10.0)
    above, below = pinball_loss(np.array([12.0]), quantiles)[0], pinball_loss(np.array([8.0]), quantiles)[0]
    assert above[P90] == pytest.approx(0.9 * 2)
    assert below[P90] == pytest.approx(0.1 * 2)
    assert above[MEDIAN_INDEX] == below[MEDIAN_INDEX] == pytest.approx(1.0)


def test_a_tally_sums_over_observed_hours_only() -> None:
    actual = np.zeros((2, 24))
    actual[0, 0], actual[1, 5] = 3.0, 1e9
    observed = np.ones((2, 24), dtype=bool)
    observed[1, 5] = False
    found = tally(actual, observed, np.zeros((2, 24, 7)))
    assert (found.windows, found.hours) == (2, 47)
    assert found.absolute_error == pytest.approx(3.0)
    assert found.level == pytest.approx(3.0)
    assert found.pinball == pytest.approx(3.0 * sum(SCORE_LEVELS))
    assert found.covered == (46,) * 7


def test_only_the_five_levels_of_the_score_enter_the_pinball_sum() -> None:
    quantiles = np.zeros((1, 24, 7))
    off = quantiles.copy()
    off[..., QUANTILE_LEVELS.index(0.25)] = -5.0
    off[..., QUANTILE_LEVELS.index(0.75)] = 5.0
    actual, observed = np.ones((1, 24)), np.ones((1, 24), dtype=bool)
    assert tally(actual, observed, off).pinball == tally(actual, observed, quantiles).pinball


def test_ratios_are_of_sums_not_sums_of_ratios() -> None:
    quantiles = np.zeros((2, 24, 7))
    actual = np.stack([np.full(24, 1.0), np.full(24, 100.0)])
    ours = tally(actual, np.ones((2, 24), dtype=bool), quantiles)
    naive = Tally(windows=2, hours=48, absolute_error=24 * 201.0, pinball=1.0, level=ours.level)
    score = SeriesScore(dataset="a", series="s", method=ours, reference=naive)
    assert score.mae_ratio == pytest.approx(101 / 201)


def test_a_series_the_naive_hardly_misses_is_left_out_and_counted() -> None:
    quiet = some(ours=0.5, naive=0.0999, level=10.0)
    found = score_dataset([some(), quiet])
    assert (found.n_series, found.n_series_left_out) == (1, 1)
    assert found.mae_ratio == pytest.approx(0.5)
    assert some(naive=0.1, level=10.0).counts
    assert not some(naive=0.0, level=0.0).counts


def test_series_are_averaged_geometrically() -> None:
    found = score_dataset([some(ours=0.5), some(ours=8.0)])
    assert found.mae_ratio == pytest.approx(math.sqrt(0.25 * 4.0))
    assert found.pinball_ratio == pytest.approx(math.sqrt(0.125 * 2.0))
    assert found.win_rate == 0.5
    assert found.wape == pytest.approx((0.05 + 0.8) / 2)


def test_data_sets_weigh_the_same_however_many_series_they_have() -> None:
    many = [some("many", ours=1.0)] * 50
    few = [some("few", ours=4.0)] * 5
    assert score_overall(many + few).mae_ratio == pytest.approx(math.sqrt(0.5 * 2.0))


def test_data_sets_of_less_than_five_series_have_no_say_overall_but_are_counted() -> None:
    found = score_overall([some("many", ours=1.0)] * 5 + [some("tiny", ours=9.0)] * 4)
    assert found.mae_ratio == pytest.approx(0.5)
    assert found.n_series == 9
    assert score_overall([some("tiny", ours=1.0)] * 4).mae_ratio == pytest.approx(0.5)


def test_coverage_is_pooled_over_hours() -> None:
    none = Tally(windows=1, hours=6, absolute_error=1, pinball=1, level=10, covered=(0,) * 7)
    every = Tally(windows=1, hours=18, absolute_error=1, pinball=1, level=10, covered=(18,) * 7)
    naive = Tally(windows=1, hours=18, absolute_error=1, pinball=1, level=10)
    scores = [SeriesScore(dataset="a", series="s", method=item, reference=naive) for item in (none, every)]
    assert score_dataset(scores).coverage[0.9] == pytest.approx(18 / 24)


def test_without_a_series_that_counts_there_are_no_figures() -> None:
    found = score_overall([some(naive=0.0)])
    assert (found.mae_ratio, found.pinball_ratio, found.wape, found.win_rate) == (None, None, None, None)
    assert found.coverage == {}
    assert found.n_series_left_out == 1


def test_milliseconds_are_per_window() -> None:
    assert score_dataset([some(windows=4)]).ms_per_forecast == pytest.approx(0.5)


def test_one_perfect_series_does_not_decide_alone() -> None:
    assert geometric_mean([0.0, 1.0]) == pytest.approx(1e-3)
