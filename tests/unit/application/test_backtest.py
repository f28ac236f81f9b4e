"""Rolling origins without a look ahead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from application.backtest import Backtest
from application.backtest_report import report_on, windows_to_show
from application.compare_forecasters import CompareForecasters
from application.windows import rolling_windows
from domain.errors import ModelRefused
from domain.forecast import Forecast
from domain.metrics import describe_metric
from domain.ports.backtest_source import BacktestSeries
from domain.ports.forecaster import LOOKBACK_HOURS, Forecaster, ForecastRequest
from domain.series import HOUR, Bools, Floats, LoadSeries
from tests.fakes.forecaster import FlatForecaster, LevelForecaster

START = datetime(2026, 3, 2, 5, tzinfo=UTC)
REFERENCE = FlatForecaster("reference")


def past(values: Floats, observed: Bools | None = None, service: str = "shop", dataset: str = "a") -> BacktestSeries:
    seen = np.ones(len(values), dtype=bool) if observed is None else observed
    series = LoadSeries(START, values.astype(float), seen)
    return BacktestSeries(dataset=dataset, service_id=service, metric=describe_metric("cpu"), series=series)


def noisy(hours: int, seed: int = 0) -> Floats:
    values: Floats = np.random.default_rng(seed).uniform(1, 9, hours)
    return values


class Cheat(Forecaster):
    """Tries to read on past the end of what it was given, and finds nothing."""

    name = "cheat"

    def __init__(self) -> None:
        self.found: list[int] = []

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        for request in requests:
            base = request.target.values
            while isinstance(base.base, np.ndarray):
                base = base.base
            self.found.append(base.size - len(request.target))
            assert request.target.end <= request.start
        return REFERENCE.forecast_many(requests)


class Refuser(Forecaster):
    """Refuses one service."""

    name = "refuser"

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        if any(request.target.values[0] == 0.5 for request in requests):
            raise ModelRefused("refuser", "not this one")
        return REFERENCE.forecast_many(requests)


def test_a_forecaster_gets_the_hours_before_the_origin_and_no_memory_of_later_ones() -> None:
    cheat = Cheat()
    Backtest(methods={"cheat": cheat}, reference=REFERENCE)([past(noisy(500))])
    assert cheat.found == [0] * 7


def test_changing_the_future_changes_no_forecast() -> None:
    values = noisy(400)
    later = values.copy()
    later[-24:] += 100
    before, after = (list(rolling_windows(past(item), 1)) for item in (values, later))
    assert np.array_equal(before[0].request.target.values, after[0].request.target.values)
    assert not np.array_equal(before[0].actual, after[0].actual)


def test_origins_are_a_day_apart_and_end_with_the_last_whole_day() -> None:
    windows = list(rolling_windows(past(noisy(500)), 3))
    starts = [window.request.start for window in windows]
    assert starts == [START + hours * HOUR for hours in (428, 452, 476)]
    assert all(len(window.request.target) == LOOKBACK_HOURS for window in windows)
    assert np.array_equal(windows[-1].actual, noisy(500)[-24:])


def test_an_origin_needs_a_week_before_it() -> None:
    assert len(list(rolling_windows(past(noisy(191)), 7))) == 0
    assert len(list(rolling_windows(past(noisy(192)), 7))) == 1
    assert len(list(rolling_windows(past(noisy(168 + 24 * 20)), 0))) == 20


def test_hours_not_observed_are_neither_scored_nor_the_end_of_a_history() -> None:
    observed = np.ones(240, dtype=bool)
    observed[[214, 215]] = False
    observed[220:225] = False
    (window,) = rolling_windows(past(noisy(240), observed), 1)
    assert window.request.target.end == window.request.start - timedelta(hours=2)
    assert window.observed.sum() == 19


def test_a_day_mostly_unobserved_is_no_window() -> None:
    observed = np.ones(240, dtype=bool)
    observed[220:235] = False
    assert list(rolling_windows(past(noisy(240), observed), 1)) == []


def test_every_method_is_scored_against_the_reference_on_the_same_windows() -> None:
    run = Backtest(methods={"flat": FlatForecaster(), "reference": REFERENCE}, reference=REFERENCE, origins=2)
    scores = run([past(noisy(400)), past(noisy(300), service="other")])
    assert [score.series for score in scores["flat"]] == ["shop/avg_cpu", "other/avg_cpu"]
    assert [score.method.windows for score in scores["flat"]] == [2, 2]
    assert all(score.mae_ratio == 1.0 for score in scores["reference"])


def test_what_one_method_refuses_the_others_still_answer() -> None:
    odd = noisy(192)
    odd[0] = 0.5
    run = Backtest(methods={"refuser": Refuser(), "flat": FlatForecaster()}, reference=REFERENCE)
    scores = run([past(odd, service="odd"), past(noisy(192), service="even")])
    assert [score.series for score in scores["refuser"]] == ["even/avg_cpu"]
    assert len(scores["flat"]) == 2


def test_nothing_to_forecast_gives_empty_scores() -> None:
    assert Backtest(methods={"flat": FlatForecaster()}, reference=REFERENCE)([past(noisy(24))]) == {"flat": []}


def test_the_json_has_the_documented_shape() -> None:
    run = Backtest(methods={"baseline": FlatForecaster(), "last": REFERENCE}, reference=REFERENCE)
    body = report_on(run([past(noisy(400)), past(noisy(400, 1), dataset="b")])).as_json()
    assert list(body) == ["overall", "datasets"]
    datasets = body["datasets"]
    assert isinstance(datasets, dict)
    assert list(datasets) == ["a", "b"]
    assert list(datasets["a"]["methods"]) == ["baseline", "last"]
    found = datasets["a"]["methods"]["baseline"]
    assert list(found) == [
        "mae_ratio", "pinball_ratio", "wape", "coverage", "win_rate", "ms_per_forecast", "n_series",
        "n_series_left_out", "n_windows",
    ]  # fmt: skip
    assert list(found["coverage"]) == ["0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.99"]
    assert found["n_windows"] == 7


def test_the_typical_and_the_worst_series_are_shown() -> None:
    subjects = [past(noisy(300, seed), service=f"s{seed}") for seed in range(5)]
    run = Backtest(methods={"two": FlatForecaster("two", needed_hours=2)}, reference=Reversed())
    scores = run(subjects)["two"]
    shown = windows_to_show(subjects, scores, run, "two")
    assert [item.kind for item in shown] == ["typical", "worst"]
    ratios = sorted(score.mae_ratio for score in scores)
    assert [item.mae_ratio for item in shown] == pytest.approx([ratios[2], ratios[-1]])


def test_auto_is_chosen_from_the_days_before_each_origin_alone() -> None:
    """The LSTM is right until the last two weeks, the baseline from then on: auto notices, but not beforehand."""
    values = np.full(24 * 60, 5.0) + noisy(24 * 60) / 10
    values[-24 * 14 :] += 45.0
    lstm, baseline = LevelForecaster("lstm", 5.5), LevelForecaster("statistical", 50.5)
    compare = CompareForecasters(lstm=lstm, baseline=baseline)
    run = Backtest(
        methods={"lstm": lstm, "baseline": baseline}, reference=Reversed(), origins=14, compare=compare
    )  # fmt: skip
    subject = past(values)
    windows = list(rolling_windows(subject, 14))
    answers = [answer for answer in run.answers("auto", windows) if answer is not None]
    assert answers[0].median[0] < 10
    assert answers[-1].median[0] > 40
    changed = values.copy()
    changed[-24:] = 0.0
    again = run.answers("auto", list(rolling_windows(past(changed), 14)))[-1]
    assert again is not None
    assert np.array_equal(again.quantiles, answers[-1].quantiles)
    assert list(run([subject])) == ["auto", "lstm", "baseline"]


class Reversed(Forecaster):
    """A reference that is wrong in its own way, so that ratios differ."""

    name = "reversed"

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        return [
            Forecast(request.start, np.repeat(request.target.values[-24:][::-1, None], 7, axis=1), self.name)
            for request in requests
        ]
