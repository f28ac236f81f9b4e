"""One size a day, held against the next day, without a look ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest

from application.backtest import AUTO, BASELINE, LSTM
from application.backtest_sizing import SWEPT_RISKS, SizingBacktest, sizes_of
from application.compare_forecasters import CompareForecasters
from application.sizing_days import ServicePast, is_kept_apart, pair_series, sizing_days
from domain.errors import ModelRefused
from domain.forecast import Forecast
from domain.metrics import Resource, describe_metric
from domain.ports.backtest_source import BacktestSeries
from domain.ports.forecaster import LOOKBACK_HOURS, Forecaster, ForecastRequest
from domain.series import HOUR, Bools, Floats, LoadSeries
from domain.size_constants import rule_for
from domain.size_rule import day_size
from tests.fakes.forecaster import FlatForecaster, LevelForecaster

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 20


def series(
    metric: str, values: Floats, observed: Bools | None = None, service: str = "shop", first: datetime = START
) -> BacktestSeries:
    """A known past of one metric."""
    seen = np.ones(len(values), dtype=bool) if observed is None else observed
    load = LoadSeries(first, values.astype(float), seen)
    return BacktestSeries(dataset="lab", service_id=service, metric=describe_metric(metric), series=load)


def use(days: int = DAYS, seed: int = 0) -> Floats:
    """Hourly means."""
    values: Floats = np.random.default_rng(seed).uniform(0.1, 0.3, days * 24)
    return values


def subject(mean: Floats, maximum: Floats | None = None, observed: Bools | None = None) -> ServicePast:
    """A service's CPU."""
    maxima = mean * 2 if maximum is None else maximum
    (found,) = pair_series([series("cpu", mean), series("cpu_max", maxima, observed)])
    return found


class Refuser(Forecaster):
    """Never answers."""

    name = "refuser"

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        raise ModelRefused("refuser", "no")


def backtest(origins: int = 0, **forecasters: Forecaster) -> SizingBacktest:
    return SizingBacktest(forecasters=forecasters, peers=("max14", "krr"), risks=(0.05, 0.01), origins=origins)


def test_only_metrics_with_their_hourly_maxima_are_sized() -> None:
    flat = np.full(400, 0.5)
    found = pair_series([
        series("cpu", flat), series("cpu_max", flat), series("memory", flat), series("requests", flat),
        series("requests_max", flat), series("memory_max", flat, service="other"),
    ])  # fmt: skip
    assert [(item.service_id, item.resource) for item in found] == [("shop", Resource.CPU)]


@pytest.mark.parametrize(("level", "expected"), [(0.019, False), (0.021, True)])
def test_a_service_is_in_use_by_the_cpu_of_its_first_two_weeks(level: float, expected: bool) -> None:
    busy_later = np.concatenate([np.full(LOOKBACK_HOURS, level), np.full(100, 0.9)])
    flat = np.full(436, 0.5)
    cpu, memory = (
        [series("cpu", busy_later), series("cpu_max", flat)],
        [series("memory", flat), series("memory_max", flat)],
    )
    assert [item.in_use for item in pair_series([*cpu, *memory])] == [expected, expected]
    # Without a CPU nobody knows.
    assert [item.in_use for item in pair_series(memory)] == [False]


def test_which_services_are_kept_apart_is_fixed_by_their_names_and_about_half() -> None:
    apart = [is_kept_apart("lab", f"s{number}") for number in range(1000)]
    assert apart[:8] == [is_kept_apart("lab", f"s{number}") for number in range(8)]
    assert 450 < sum(apart) < 550
    # The published figures rest on this very half.
    assert [is_kept_apart("bitbrains_rnd", str(number)) for number in range(1, 9)] == [
        False, False, True, True, True, False, False, True,
    ]  # fmt: skip


def test_days_start_after_two_weeks_and_the_newest_may_be_asked_for() -> None:
    days = list(sizing_days(subject(use()), 0))
    assert len(days) == DAYS - 14
    assert days[0].request.start == START + LOOKBACK_HOURS * HOUR
    assert [day.request.start for day in sizing_days(subject(use()), 2)] == [day.request.start for day in days[-2:]]


def test_nothing_known_before_a_day_depends_on_it_or_later() -> None:
    values, later = use(), use()
    later[-24:] += 5
    for before, after in zip(sizing_days(subject(values), 0), sizing_days(subject(later), 0), strict=True):
        assert np.array_equal(before.request.target.values, after.request.target.values)
        assert np.array_equal(before.past.maximum, after.past.maximum)
        assert before.request.target.end <= before.request.start
        # Nor can it be read past the end of what was given.
        assert before.request.target.values.base is None
    assert after.peaks.max() > before.peaks.max()


def test_days_that_were_hardly_observed_are_left_out() -> None:
    seen = np.ones(DAYS * 24, dtype=bool)
    seen[15 * 24 : 15 * 24 + 13] = False
    starts = [day.request.start for day in sizing_days(subject(use(), observed=seen), 0)]
    assert START + 15 * 24 * HOUR not in starts
    assert len(starts) == DAYS - 15


def test_hours_nobody_saw_reach_neither_peer_nor_judge() -> None:
    seen = np.ones(DAYS * 24, dtype=bool)
    seen[-3] = False
    maximum = np.full(DAYS * 24, 0.4)
    maximum[-3] = 99.0
    (outcome,) = backtest(flat=FlatForecaster("statistical"))([subject(use(), maximum, seen)])
    assert outcome.hours.tolist() == [24.0] * 5 + [23.0]
    assert outcome.peaks.max() == 0.4
    assert outcome.used[-1] == pytest.approx(np.delete(use()[-24:], 21).sum())


def test_series_that_start_apart_are_brought_together() -> None:
    late = START + 5 * HOUR
    (found,) = pair_series([series("cpu", use()), series("cpu_max", use()[5:] * 2, first=late)])
    day = next(sizing_days(found, 0))
    assert day.request.start == late + LOOKBACK_HOURS * HOUR
    assert np.allclose(day.past.maximum, 2 * day.past.mean)


def test_an_outcome_holds_the_sizes_of_peers_and_of_ours_at_every_risk() -> None:
    mean = use()
    (outcome,) = backtest(baseline=FlatForecaster("statistical"))([subject(mean)])
    assert outcome.peers["max14"][0] == pytest.approx(1.15 * 2 * mean[:LOOKBACK_HOURS].max())
    ours = outcome.ours["baseline"]
    assert ours.shape == (DAYS - 14, 2 + len(SWEPT_RISKS))
    day = next(sizing_days(subject(mean), 0))
    forecast = FlatForecaster("statistical").forecast_many([day.request])[0]
    rule = rule_for("statistical", Resource.CPU)
    past = np.sort(day.request.target.observed_values)
    assert ours[0, 0] == day_size(forecast.quantiles, past, 0.05, rule)
    assert sizes_of(forecast, day.request.target, Resource.CPU, [0.01]) == [ours[0, 1]]


def test_a_forecaster_that_cannot_answer_has_no_size() -> None:
    (outcome,) = backtest(lstm=Refuser(), baseline=FlatForecaster("statistical"))([subject(use())])
    assert np.isnan(outcome.ours["lstm"]).all()
    assert np.isfinite(outcome.ours["baseline"]).all()


def test_auto_is_sized_from_the_blend_that_the_days_before_favour() -> None:
    mean = np.full(30 * 24, 0.2)
    right, wrong = LevelForecaster("lstm", 0.4), LevelForecaster("statistical", 5.0)
    run = SizingBacktest(
        forecasters={LSTM: right, BASELINE: wrong}, peers=(), risks=(0.5,),
        compare=CompareForecasters(lstm=right, baseline=wrong),
    )  # fmt: skip
    (outcome,) = run([subject(mean)])
    assert list(outcome.ours) == [AUTO, LSTM, BASELINE]
    assert outcome.ours[AUTO][-1] == pytest.approx(outcome.ours[LSTM][-1], rel=0.05)


def test_a_service_without_a_day_to_judge_has_no_outcome() -> None:
    assert backtest(baseline=FlatForecaster())([subject(use(days=14))]) == []
