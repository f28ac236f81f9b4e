"""Contract of the port Forecaster: one suite over the fake and every adapter.

To add an adapter: one entry in ``MAKERS``; ``DAILY`` holds those that promise to learn a daily shape. The LSTM runs
the shipped model, by ONNX Runtime and, where TensorFlow is installed (``make test`` installs it), by TensorFlow too.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from adapters.forecasters.naive import hourly_profile, last_value, mean_of_day, seasonal_naive
from adapters.forecasters.onnx_lstm import OnnxLstmForecaster
from adapters.forecasters.statistical import StatisticalForecaster
from adapters.forecasters.tensorflow_lstm import TensorFlowLstmForecaster
from domain.errors import NotEnoughHistory
from domain.forecast import QUANTILE_LEVELS, Forecast
from domain.metrics import describe_metric
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.series import HOUR, Bools, Floats, LoadSeries
from tests.fakes.forecaster import FlatForecaster

START = datetime(2026, 11, 16, 7, tzinfo=UTC)

SHIPPED = Path(__file__).parents[2] / "models" / "service"


@cache
def onnx() -> Forecaster:
    """Loaded once, as in the service: every test of the suite uses the same one."""
    return OnnxLstmForecaster(SHIPPED)


@cache
def tensorflow() -> Forecaster:
    if importlib.util.find_spec("tensorflow") is None and not os.environ.get("CI"):
        pytest.skip("TensorFlow is not installed: the extra 'train' brings it")
    return TensorFlowLstmForecaster(SHIPPED)


MAKERS: dict[str, Callable[[], Forecaster]] = {
    "fake": FlatForecaster,
    "onnx": onnx,
    "tensorflow": tensorflow,
    "statistical": StatisticalForecaster,
    "seasonal-naive": seasonal_naive,
    "last": last_value,
    "mean24": mean_of_day,
    "profile": hourly_profile,
}
DAILY = ("onnx", "tensorflow", "statistical", "seasonal-naive", "profile")


@pytest.fixture(params=MAKERS)
def forecaster(request: pytest.FixtureRequest) -> Forecaster:
    return MAKERS[str(request.param)]()


@pytest.fixture(params=DAILY)
def daily_forecaster(request: pytest.FixtureRequest) -> Forecaster:
    return MAKERS[str(request.param)]()


def day_shaped(hours: int, seed: int = 7) -> Floats:
    """A daily swing with a weekly one below it, noise and a slow rise; the same for every call."""
    hour = np.arange(hours)
    swing = 40 + 15 * np.sin(hour * 2 * np.pi / 24) + 4 * np.sin(hour * 2 * np.pi / 168) + 0.01 * hour
    values: Floats = swing + np.random.default_rng(seed).normal(0, 4, hours)
    return values


def ask(values: Floats, observed: Bools | None = None, gap: int = 0, stale_hours: int = 0) -> ForecastRequest:
    seen = np.ones(len(values), dtype=bool) if observed is None else observed
    target = LoadSeries(START - (len(values) + gap) * HOUR, np.array(values, dtype=float), seen)
    return ForecastRequest(metric=describe_metric("requests"), target=target, start=START, stale_hours=stale_hours)


def one(forecaster: Forecaster, request: ForecastRequest) -> Forecast:
    return forecaster.forecast_many([request])[0]


def width(forecast: Forecast) -> float:
    return float((forecast.quantiles[:, -1] - forecast.quantiles[:, 0]).mean())


@pytest.mark.parametrize("hours", [48, 50, 168, 200, 336])
def test_answers_24_hours_from_the_start_with_quantiles_in_order(forecaster: Forecaster, hours: int) -> None:
    forecast = one(forecaster, ask(day_shaped(hours)))
    assert forecast.start == START
    assert forecast.quantiles.shape == (24, len(QUANTILE_LEVELS))
    assert np.isfinite(forecast.quantiles).all()
    assert (np.diff(forecast.quantiles, axis=1) >= 0).all()


def test_same_question_same_answer(forecaster: Forecaster) -> None:
    first, second = one(forecaster, ask(day_shaped(336))), one(forecaster, ask(day_shaped(336)))
    assert np.array_equal(first.quantiles, second.quantiles)
    assert first.notes == second.notes


def test_never_changes_its_input(forecaster: Forecaster) -> None:
    values, observed = day_shaped(336), np.ones(336, dtype=bool)
    observed[40:44] = False
    request = ask(values, observed)
    before, seen = request.target.values.copy(), request.target.observed.copy()
    forecaster.forecast_many([request])
    assert np.array_equal(request.target.values, before)
    assert np.array_equal(request.target.observed, seen)


def test_a_batch_gives_the_answers_of_single_calls_in_order(forecaster: Forecaster) -> None:
    patchy = np.ones(336, dtype=bool)
    patchy[100:120] = False
    requests = [
        ask(day_shaped(336, seed=1)), ask(day_shaped(60, seed=2)), ask(day_shaped(336, seed=3), patchy),
        ask(day_shaped(200, seed=4), gap=3), ask(np.full(336, 5.0)), ask(day_shaped(336, seed=5), stale_hours=48),
    ]  # fmt: skip
    together = forecaster.forecast_many(requests)
    assert len(together) == len(requests)
    for request, forecast in zip(requests, together, strict=True):
        single = one(forecaster, request)
        np.testing.assert_allclose(forecast.quantiles, single.quantiles, rtol=1e-5, atol=1e-8)
        assert forecast.notes == single.notes


def test_no_request_no_forecast(forecaster: Forecaster) -> None:
    assert forecaster.forecast_many([]) == []


def test_sixteen_threads_get_the_same_answers_as_one(forecaster: Forecaster) -> None:
    requests = [ask(day_shaped(336, seed=seed)) for seed in range(16)]
    alone = [one(forecaster, request).quantiles for request in requests]
    with ThreadPoolExecutor(16) as pool:
        threaded = list(pool.map(lambda request: one(forecaster, request).quantiles, requests))
    assert all(np.array_equal(left, right) for left, right in zip(alone, threaded, strict=True))


def test_without_an_observed_hour_there_is_not_enough_history(forecaster: Forecaster) -> None:
    with pytest.raises(NotEnoughHistory):
        forecaster.forecast_many([ask(np.empty(0))])


def test_values_of_hours_that_were_not_observed_do_not_matter(forecaster: Forecaster) -> None:
    observed = np.ones(336, dtype=bool)
    observed[[5, 30, 31, 32, 200, 320]] = False
    honest = day_shaped(336)
    forged = np.where(observed, honest, 1e6)
    np.testing.assert_allclose(
        one(forecaster, ask(honest, observed)).quantiles, one(forecaster, ask(forged, observed)).quantiles
    )


def test_a_shorter_history_gives_a_wider_interval(forecaster: Forecaster) -> None:
    seeds = range(12)
    widths = [
        np.mean([width(one(forecaster, ask(day_shaped(336, seed)[-hours:]))) for seed in seeds])
        for hours in (50, 120, 336)
    ]
    assert sorted(widths, reverse=True) == widths


def test_scales_with_the_unit(forecaster: Forecaster) -> None:
    small, large = one(forecaster, ask(day_shaped(336))), one(forecaster, ask(day_shaped(336) * 1e9))
    np.testing.assert_allclose(large.quantiles, small.quantiles * 1e9, rtol=1e-4)


def test_an_idle_service_stays_idle(forecaster: Forecaster) -> None:
    forecast = one(forecaster, ask(np.zeros(336)))
    np.testing.assert_allclose(forecast.median, 0.0, atol=1e-6)


def test_a_constant_service_stays_constant(forecaster: Forecaster) -> None:
    forecast = one(forecaster, ask(np.full(336, 12.5)))
    np.testing.assert_allclose(forecast.median, 12.5, rtol=0.01)


def test_one_that_knows_days_is_no_worse_than_repeating_yesterday(daily_forecaster: Forecaster) -> None:
    values = day_shaped(24 * 35)
    ours, naive = 0.0, 0.0
    for origin in range(336, len(values) - 24, 24):
        actual = values[origin : origin + 24]
        forecast = one(daily_forecaster, ask(values[origin - 336 : origin]))
        ours += float(np.abs(actual - forecast.median).sum())
        naive += float(np.abs(actual - values[origin - 24 : origin]).sum())
    assert ours <= naive * (1 + 1e-9)


def test_tensorflow_and_onnx_runtime_agree() -> None:
    ours, theirs = onnx(), tensorflow()
    requests = [ask(day_shaped(hours, seed)) for seed, hours in enumerate((24, 30, 48, 100, 167, 168, 200, 336) * 9)]
    for one_forecast, other in zip(ours.forecast_many(requests), theirs.forecast_many(requests), strict=True):
        level = np.abs(other.quantiles).max()
        np.testing.assert_allclose(one_forecast.quantiles / level, other.quantiles / level, atol=1e-5)
