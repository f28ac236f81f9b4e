"""Comparisons on a service's own past: when they run, what they may see, how long they count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from application.compare_forecasters import CompareForecasters
from application.gather_history import GatherHistory
from application.selections import Job, Selections
from application.windows import trial_windows
from domain.forecast import Forecast
from domain.metrics import describe_metric
from domain.ports.backtest_source import BacktestSeries
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.ports.metric_history import HistoryScope
from domain.selection import COMPARISON_HOURS, TRIAL_DAYS, Comparison, Selection
from domain.series import HOUR, LoadSeries
from tests.fakes.clock import FixedClock
from tests.fakes.forecaster import LevelForecaster
from tests.fakes.metric_history import InMemoryMetricHistory

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MIDNIGHT = NOW.replace(hour=0)


class Watcher(Forecaster):
    """Remembers what it was asked."""

    name = "watcher"

    def __init__(self) -> None:
        self.asked: list[ForecastRequest] = []

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        self.asked += requests
        return LevelForecaster("lstm", 5.0).forecast_many(requests)


class World:
    """One service around 5, judged by a forecaster that says 5 and one that says ``other``."""

    def __init__(self, *, hours: int = 800, lstm: Forecaster | None = None, baseline: float = 50.0) -> None:
        self.history = InMemoryMetricHistory()
        rng = np.random.default_rng(1)
        self.history.add("shop", "requests", NOW - hours * HOUR, rng.normal(5, 0.5, hours).tolist())
        self.gather = GatherHistory(self.history, clock=FixedClock(NOW))
        self.jobs: list[Job] = []
        self.has_room = True
        compare = CompareForecasters(
            lstm=lstm or LevelForecaster("lstm", 5.0), baseline=LevelForecaster("statistical", baseline)
        )
        self.selections = Selections(gather_history=self.gather, compare=compare, run=self.take)

    def take(self, job: Job) -> bool:
        if self.has_room:
            self.jobs.append(job)
        return self.has_room

    def finish(self) -> None:
        while self.jobs:
            self.jobs.pop(0)()

    def known(self, start: datetime = NOW) -> Selection:
        return dict(self.selections.known("shop", self.gather("shop", "requests", start), start))["requests"]

    def renew(self, start: datetime = NOW) -> Selection:
        return dict(self.selections.renew("shop", self.gather("shop", "requests", start), start))["requests"]


def test_the_first_answer_is_the_prior_s_and_the_next_is_compared() -> None:
    world = World()
    assert world.renew().rests_on is Comparison.NOT_YET
    world.finish()
    found = world.known()
    assert found.rests_on is Comparison.COMPARED
    assert found.lstm_weight == 1.0
    assert found.loss_to_baseline is not None
    assert found.loss_to_baseline < 0.2


def test_a_model_that_is_far_off_stands_down() -> None:
    world = World(lstm=LevelForecaster("lstm", 50.0), baseline=5.0)
    world.renew()
    world.finish()
    assert world.known().stands_down


def test_one_comparison_a_day_however_many_plans_ask() -> None:
    world = World()
    for _ in range(3):
        world.renew()
    assert len(world.jobs) == 1
    world.finish()
    world.renew()
    world.renew(NOW + 11 * HOUR)
    assert world.jobs == []


def test_a_day_later_it_is_renewed_and_the_old_one_answers_until_then() -> None:
    world = World()
    world.renew()
    world.finish()
    first = world.known()
    tomorrow = NOW + timedelta(days=1)
    world.history.add("shop", "requests", NOW, [5.0] * 24)
    assert world.renew(tomorrow) == first
    world.finish()
    assert world.known(tomorrow).last_day == MIDNIGHT
    assert world.known() == first, "a plan for yesterday is answered as it was yesterday"


def test_a_plan_for_the_past_never_uses_what_was_learned_later() -> None:
    world = World()
    world.renew()
    world.finish()
    assert world.known(NOW - timedelta(days=3)).rests_on is Comparison.NOT_YET


def test_only_what_was_known_at_midnight_is_looked_at() -> None:
    watcher = Watcher()
    world = World(lstm=watcher)
    world.renew()
    world.finish()
    starts = [request.start for request in watcher.asked]
    assert starts == [MIDNIGHT - timedelta(days=back) for back in range(TRIAL_DAYS, 0, -1)]
    assert all(request.target.end <= request.start for request in watcher.asked)
    assert all(len(request.target) == 336 for request in watcher.asked)


def test_a_short_past_is_not_compared() -> None:
    world = World(hours=100)
    world.renew()
    world.finish()
    assert world.known().rests_on is Comparison.TOO_SHORT


def test_a_source_that_fails_leaves_it_to_the_next_plan() -> None:
    world = World()
    world.renew()
    world.history.problem = "down"
    world.finish()
    world.history.problem = ""
    assert world.renew().rests_on is Comparison.NOT_YET
    world.finish()
    assert world.known().rests_on is Comparison.COMPARED


def test_a_refused_job_may_be_handed_over_again() -> None:
    world = World()
    world.has_room = False
    world.renew()
    world.has_room = True
    world.renew()
    assert len(world.jobs) == 1


def test_the_cluster_s_past_is_compared_once_for_all_services() -> None:
    watcher = Watcher()
    world = World(lstm=watcher)
    cluster = InMemoryMetricHistory(scope=HistoryScope.CLUSTER)
    for service in ("shop", "bank"):
        cluster.add(service, "total_events", NOW - 800 * HOUR, np.random.default_rng(1).normal(5, 1, 800).tolist())
    gather = GatherHistory(cluster, clock=FixedClock(NOW))
    selections = Selections(gather_history=gather, compare=world.selections.compare, run=world.take)
    selections.renew("shop", gather("shop", "total_events", NOW), NOW)
    world.finish()
    known = dict(selections.known("bank", gather("bank", "total_events", NOW), NOW))
    assert known["total_events"].rests_on is Comparison.COMPARED
    request = watcher.asked[0]
    assert request.scope is HistoryScope.CLUSTER
    assert request.companions["total_events"].end == request.start


def test_without_a_model_there_is_nothing_to_choose() -> None:
    world = World()
    selections = Selections(gather_history=world.gather, compare=None, run=world.take)
    history = world.gather("shop", "requests", NOW)
    assert selections.renew("shop", history, NOW) == selections.known("shop", history, NOW) == ()
    assert world.jobs == []


@pytest.mark.parametrize("later_hours", [0, 5, 24, 100])
def test_a_backtest_chooses_as_a_plan_would(later_hours: int) -> None:
    """The same days from the whole past, cut at midnight, as from the four weeks a plan reads."""
    values = np.random.default_rng(3).uniform(1, 9, 1000 + later_hours)
    whole = LoadSeries(MIDNIGHT - 1000 * HOUR, values, np.ones(values.size, dtype=bool))
    read = whole.before(MIDNIGHT).last(COMPARISON_HOURS)
    trials = [
        trial_windows(
            BacktestSeries(dataset="", service_id="s", metric=describe_metric("requests"), series=series), MIDNIGHT
        )
        for series in (whole, read)
    ]
    assert len(trials[0]) == len(trials[1]) == TRIAL_DAYS
    for one, other in zip(*trials, strict=True):
        assert one.request.start == other.request.start
        assert np.array_equal(one.request.target.values, other.request.target.values)
        assert np.array_equal(one.actual, other.actual)
