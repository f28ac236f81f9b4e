"""The statistical baseline beyond the contract of its port."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adapters.forecasters.naive import seasonal_naive
from adapters.forecasters.statistical import StatisticalForecaster
from adapters.forecasters.statistical_constants import CLASS_FROM_HOURS
from adapters.traces.arrow_backtest_source import ArrowBacktestSource
from application.backtest import Backtest
from domain.forecast import QUANTILE_LEVELS
from domain.scoring import score_overall
from tests.contracts.test_forecaster import ask, day_shaped, one, width

BASELINE = StatisticalForecaster()


@pytest.mark.parametrize("hours", [1, 2, 5, 12, 23, 24, 25, 47, 48, 95, 96, 167, 168, 335, 336, 400])
def test_any_history_from_one_hour_on_is_answered(hours: int) -> None:
    forecast = one(BASELINE, ask(day_shaped(hours)))
    assert (np.diff(forecast.quantiles, axis=1) >= 0).all()
    assert 10 < forecast.median.mean() < 80


def test_less_than_a_day_is_said_and_much_wider() -> None:
    short, week = one(BASELINE, ask(day_shaped(336)[-10:])), one(BASELINE, ask(day_shaped(336)))
    assert "only 10 hours of history" in short.notes[0]
    assert "only 1 hour of" in one(BASELINE, ask(day_shaped(336)[-1:])).notes[0]
    assert week.notes == ()
    assert width(short) > 2 * width(week)


def test_a_single_hour_is_its_own_level() -> None:
    forecast = one(BASELINE, ask(np.array([8.0])))
    np.testing.assert_allclose(forecast.median, 8.0)
    assert forecast.at(0.99).min() > 12.0


def test_a_history_that_is_never_negative_has_no_negative_quantile() -> None:
    spiky = np.random.default_rng(3).exponential(1.0, 336) ** 4
    assert one(BASELINE, ask(spiky)).quantiles.min() >= 0.0
    assert one(BASELINE, ask(spiky - 10)).quantiles.min() < 0.0


def test_nothing_is_cut_off_at_the_top() -> None:
    full = np.clip(day_shaped(336) / 50, 0, 1)
    assert one(BASELINE, ask(full)).at(0.99).max() > 1.0


@pytest.mark.parametrize(("gap", "stale_hours"), [(6, 0), (20, 0), (0, 48), (72, 0)])
def test_longer_leads_and_old_histories_widen_the_interval(gap: int, stale_hours: int) -> None:
    values = day_shaped(500)
    fresh, late = [], []
    for seed in range(8):
        values = day_shaped(500, seed)
        fresh.append(width(one(BASELINE, ask(values[-336:]))))
        late.append(width(one(BASELINE, ask(values[-336 - gap : len(values) - gap], gap=gap, stale_hours=stale_hours))))
    assert np.mean(late) > 1.02 * np.mean(fresh)


def test_a_gap_before_the_start_keeps_the_hours_of_the_day() -> None:
    hour = np.arange(336)
    clean = 50 + 20 * np.sin(hour * 2 * np.pi / 24)
    whole, gapped = one(BASELINE, ask(clean)), one(BASELINE, ask(clean[:-5], gap=5))
    np.testing.assert_allclose(gapped.median, whole.median, atol=4.0)
    assert int(gapped.median.argmax()) == int(whole.median.argmax())


def test_a_spike_hour_is_expected_again_at_its_hour_only() -> None:
    nightly = np.full(336, 10.0) + np.random.default_rng(5).normal(0, 0.1, 336)
    nightly[3::24] = 90.0
    forecast = one(BASELINE, ask(nightly))
    assert forecast.median[3] > 80
    assert np.delete(forecast.median, 3).max() < 15


def test_a_new_level_is_followed_not_averaged_away() -> None:
    values = np.full(336, 10.0) + np.random.default_rng(6).normal(0, 0.3, 336)
    values[-60:] += 20
    assert one(BASELINE, ask(values)).median.mean() == pytest.approx(30, abs=1.5)


def test_an_unobserved_stretch_does_not_pass_for_a_quiet_one() -> None:
    observed = np.ones(336, dtype=bool)
    observed[150:250] = False
    values = day_shaped(336)
    flat = np.where(observed, values, 0.0)
    patchy, whole = one(BASELINE, ask(flat, observed)), one(BASELINE, ask(values))
    assert np.abs(patchy.median - whole.median).mean() < 4


def test_each_class_of_history_length_has_its_constants() -> None:
    constants = BASELINE._constants
    assert {len(item) for item in (constants.prior, constants.sharpness, constants.spread)} == {len(CLASS_FROM_HOURS)}
    assert (constants.spread >= 0).all()


def test_on_real_traces_it_beats_yesterday_and_its_intervals_hold(shared_data: Path) -> None:
    names = ("cloudcluster_pools", "nab", "microsoft_monitoring", "smd", "azure_v1_sample")
    source = ArrowBacktestSource([shared_data / "traces" / "hourly" / f"{name}.parquet" for name in names])
    reference = seasonal_naive()
    scores = Backtest(methods={"baseline": BASELINE}, reference=reference)(list(source.read()))["baseline"]
    overall = score_overall(scores)
    assert overall.mae_ratio is not None
    assert overall.pinball_ratio is not None
    assert overall.mae_ratio < 0.85
    assert overall.pinball_ratio < 0.75
    for level in QUANTILE_LEVELS[4:6]:
        assert overall.coverage[level] == pytest.approx(level, abs=0.02)
