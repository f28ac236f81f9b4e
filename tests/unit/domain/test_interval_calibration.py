"""How much wider an interval gets, by level and by observed hours; and that nothing unusable is taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from domain.forecast import MEDIAN_INDEX, QUANTILE_LEVELS
from domain.interval_calibration import FACTOR_LIMITS, IntervalCalibration, calibrated, no_calibration

N = len(QUANTILE_LEVELS)


def factors(*rows: float) -> np.ndarray:
    """One row per length of history, the same factor for every level but the median."""
    table = np.repeat(np.array(rows, dtype=float)[:, None], N, axis=1)
    table[:, MEDIAN_INDEX] = 1.0
    return table


def test_between_two_lengths_the_factor_is_interpolated_and_beyond_them_kept() -> None:
    calibration = IntervalCalibration((24, 48, 336), factors(2.0, 1.5, 1.0))
    found = calibration.of(np.array([0, 24, 36, 48, 192, 336]))[:, -1]
    assert found == pytest.approx([2.0, 2.0, 1.75, 1.5, 1.25, 1.0])


def test_every_level_moves_by_its_own_factor_and_the_median_stays() -> None:
    quantiles = np.broadcast_to(np.arange(N, dtype=float) - MEDIAN_INDEX + 10, (24, N))
    row = np.linspace(1.0, 1.6, N)
    row[MEDIAN_INDEX] = 1.0
    moved = calibrated(quantiles, row)
    assert moved[0] == pytest.approx(10 + (np.arange(N) - MEDIAN_INDEX) * row)
    assert (moved[:, MEDIAN_INDEX] == 10).all()


def test_quantiles_that_would_cross_are_put_in_order() -> None:
    quantiles = np.broadcast_to(np.arange(N, dtype=float), (24, N))
    row = np.ones(N)
    row[-2] = 3.0  # p95 far beyond p99
    assert (np.diff(calibrated(quantiles, row), axis=-1) >= 0).all()


def test_without_calibration_the_interval_is_the_networks_own() -> None:
    quantiles = np.sort(np.random.default_rng(1).normal(size=(3, 24, N)), axis=-1)
    assert np.allclose(calibrated(quantiles, no_calibration().of(np.array([24, 100, 336]))), quantiles)


def test_what_is_stored_with_a_model_comes_back() -> None:
    calibration = IntervalCalibration((24, 168), factors(1.234, 0.987))
    again = IntervalCalibration.from_dict(calibration.to_dict())
    assert again.hours == calibration.hours
    assert np.array_equal(again.factors, calibration.factors)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ({}, "whole numbers"),
        ({"hours": "24", "factors": []}, "whole numbers"),
        ({"hours": [24.0], "factors": [[1.0] * N]}, "whole numbers"),
        ({"hours": [True], "factors": [[1.0] * N]}, "whole numbers"),
        ({"hours": [24], "factors": [["a"] * N]}, "rows of numbers"),
        ({"hours": [24], "factors": None}, "factors for each"),
        ({"hours": [24], "factors": [[1.0] * (N - 1)]}, "factors for each"),
        ({"hours": [24, 48], "factors": [[1.0] * N]}, "factors for each"),
        ({"hours": [], "factors": []}, "must rise"),
        ({"hours": [48, 24], "factors": [[1.0] * N] * 2}, "must rise"),
        ({"hours": [23], "factors": [[1.0] * N]}, "must rise"),
        ({"hours": [337], "factors": [[1.0] * N]}, "must rise"),
        ({"hours": [24], "factors": [[1.1] * N]}, "that of the median"),
        ({"hours": [24], "factors": factors(FACTOR_LIMITS[1] + 0.01).tolist()}, "must lie"),
        ({"hours": [24], "factors": factors(FACTOR_LIMITS[0] - 0.01).tolist()}, "must lie"),
        ({"hours": [24], "factors": factors(float("nan")).tolist()}, "must lie"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(stored: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        IntervalCalibration.from_dict(stored)
