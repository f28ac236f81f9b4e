"""After calibration, of a hundred hours as many lie below each quantile as its name promises."""

from __future__ import annotations

import numpy as np
import pytest

from adapters.training.calibration import LEVEL_FACTOR_LIMITS, fit_interval_scale, fit_level_scales
from domain.forecast import QUANTILE_LEVELS
from domain.interval_calibration import calibrated
from domain.quantile_head import HEAD_LEVELS, HEAD_MEDIAN, assemble_quantiles

N_WINDOWS = 400


def network_output(seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Answers of a network whose interval has about unit width, and their anchors."""
    random = np.random.default_rng(seed)
    raw = random.normal(-0.5, 0.2, (N_WINDOWS, 24, len(HEAD_LEVELS))).astype(np.float32)
    return raw, random.normal(size=(N_WINDOWS, 24)).astype(np.float32)


def targets(raw: np.ndarray, anchor: np.ndarray, spread: float, seed: int = 4) -> np.ndarray:
    """What then happened: noise around the median."""
    noise = np.random.default_rng(seed).normal(0, spread, anchor.shape)
    happened: np.ndarray = (anchor + raw[..., HEAD_MEDIAN] + noise).astype(np.float32)
    return happened


def test_the_promised_share_of_hours_lies_below_each_quantile() -> None:
    raw, anchor = network_output()
    target = targets(raw, anchor, spread=1.0)
    known = np.ones(target.shape, dtype=bool)
    scales = fit_level_scales(raw, anchor, target, known)
    assert scales[HEAD_MEDIAN] == 1.0
    quantiles = assemble_quantiles(raw, anchor)[..., : len(QUANTILE_LEVELS)].astype(np.float64)
    moved = calibrated(quantiles, np.broadcast_to(scales[: len(QUANTILE_LEVELS)], (N_WINDOWS, len(QUANTILE_LEVELS))))
    for column, level in enumerate(QUANTILE_LEVELS):
        within = LEVEL_FACTOR_LIMITS[0] < scales[column] < LEVEL_FACTOR_LIMITS[1]
        if level != 0.5 and within:
            assert (target <= moved[..., column]).mean() == pytest.approx(level, abs=0.002)
    assert (scales != 1).sum() >= 5


def test_hours_nobody_observed_do_not_count() -> None:
    raw, anchor = network_output()
    target = targets(raw, anchor, spread=1.0)
    known = np.random.default_rng(9).random(target.shape) < 0.7
    forged = np.where(known, target, np.float32(1e6))
    assert np.array_equal(fit_level_scales(raw, anchor, target, known), fit_level_scales(raw, anchor, forged, known))


def test_no_factor_leaves_its_limits() -> None:
    raw, anchor = network_output()
    known = np.ones(anchor.shape, dtype=bool)
    for spread in (1e-3, 1e3):
        scales = fit_level_scales(raw, anchor, targets(raw, anchor, spread), known)
        assert ((scales == 1) | ((scales >= LEVEL_FACTOR_LIMITS[0]) & (scales <= LEVEL_FACTOR_LIMITS[1]))).all()


def test_the_one_factor_for_few_hours_grows_with_the_noise() -> None:
    raw, anchor = network_output()
    known = np.ones(anchor.shape, dtype=bool)
    found = [fit_interval_scale(raw, anchor, targets(raw, anchor, spread), known) for spread in (0.5, 1.1, 5.0)]
    assert found == sorted(found)
    assert found[0] < found[-1]
