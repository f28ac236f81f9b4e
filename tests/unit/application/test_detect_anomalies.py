"""The detector chosen gives the plan's verdict; the newest hours are judged by a forecast that never saw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from dependency_injector import providers

from domain.anomaly import AnomalyReport, DetectorName
from domain.forecast import Forecast
from domain.plan import Plan
from domain.plan_request import read_plan_request
from domain.ports.forecaster import ForecastRequest
from domain.ports.metric_history import HistoryScope
from domain.selection import Comparison, Selection
from domain.series import HOUR
from entrypoints.container import Container
from tests.fakes.forecaster import FlatForecaster, LevelForecaster
from tests.fakes.held_jobs import HeldJobs
from tests.fakes.metric_history import InMemoryMetricHistory
from tests.fakes.world import NOW, World, body, lstm_engine


class WatchedForecaster(FlatForecaster):
    """Keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__("lstm")
        self.asked: list[ForecastRequest] = []

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        self.asked += requests
        return super().forecast_many(requests)


@pytest.fixture
def world() -> World:
    world = World()
    world.lives("shop", "requests", 336, level=1000.0, swing=100.0)
    return world


def watched(container: Container) -> WatchedForecaster:
    """A model nothing has been compared with yet, so that it answers for the most part."""
    model = WatchedForecaster()
    lstm_engine(container, model)
    container.background_jobs.override(providers.Object(HeldJobs()))
    return model


def plan_of(container: Container, metric: str = "requests", **context: object) -> Plan:
    return container.plan_capacity()(read_plan_request(body("shop", metric, **context)))


def observed(container: Container, plan: Plan) -> AnomalyReport:
    return {report.detector: report for report in container.detect_anomalies().every(plan)}["observed"]


@pytest.mark.parametrize("name", DetectorName)
def test_the_detector_chosen_gives_the_verdict(world: World, name: DetectorName) -> None:
    world.settings["anomaly_detector"] = name
    container = world.container()
    plan = plan_of(container)
    assert plan.anomaly.detector == name
    every = container.detect_anomalies().every(plan)
    assert [report.detector for report in every] == list(DetectorName)
    assert plan.anomaly in every


def test_what_has_just_happened_is_seen_by_observed_only(world: World) -> None:
    world.history.add("shop", "requests", NOW - 2 * HOUR, [1500.0])
    container = world.container()
    plan = plan_of(container)
    assert not plan.anomaly.is_anomaly
    report = observed(container, plan)
    assert (report.is_anomaly, report.type, report.peak, report.peak_at) == (True, "spike", 1500.0, NOW - 2 * HOUR)
    assert report.hours_used == 6


def test_chosen_observed_says_in_the_reasons_what_was_seen(world: World) -> None:
    world.settings["anomaly_detector"] = "observed"
    world.history.add("shop", "requests", NOW - HOUR, [0.0])
    plan = plan_of(world.container())
    assert plan.anomaly.type == "drop"
    assert "anomaly: the value observed, 0 at 2026-11-23 11:00Z stands out" in plan.notes


def test_the_newest_hours_are_forecast_without_a_look_at_them(world: World) -> None:
    world.lives("shop", "avg_cpu", 336)
    container = world.container()
    model = watched(container)
    plan = plan_of(container, "avg_cpu")
    model.asked.clear()
    observed(container, plan)
    (request,) = model.asked
    assert request.start == request.target.end == NOW - 6 * HOUR
    assert all(series.end <= request.start for series in request.companions.values())
    assert request.metric == plan.outlook.metric


def test_an_hour_that_was_only_filled_does_not_end_the_earlier_past(world: World) -> None:
    world.history = InMemoryMetricHistory()
    start = NOW - 100 * HOUR
    world.history.add("shop", "requests", start, [10.0] * 92)
    world.history.add("shop", "requests", NOW - 3 * HOUR, [10.0] * 3)
    container = world.container()
    model = watched(container)
    plan = plan_of(container)
    model.asked.clear()
    report = observed(container, plan)
    assert report.hours_used == 3
    assert model.asked[0].target.end == NOW - 8 * HOUR


def test_the_same_share_of_the_model_is_held_against_the_newest_hours(world: World) -> None:
    container = world.container()
    lstm_engine(container, LevelForecaster("lstm", 500.0))
    container.background_jobs.override(providers.Object(HeldJobs()))
    plan, share = plan_of(container), 0.4
    selections = {"requests": Selection(lstm_weight=share, rests_on=Comparison.NOT_YET)}
    plan = replace(plan, outlook=replace(plan.outlook, selections=selections))
    level = observed(container, plan).mean
    assert level is not None
    assert 500.0 * share < level < 500.0 * share + 1200.0 * (1 - share)


def test_it_is_forecast_but_once_for_an_outlook(world: World) -> None:
    world.settings["anomaly_detector"] = "observed"
    container = world.container()
    model = watched(container)
    first = plan_of(container)
    asked = len(model.asked)
    container.detect_anomalies().every(plan_of(container, context_id="another"))
    container.detect_anomalies().every(first)
    assert len(model.asked) == asked


def test_an_old_history_has_no_newest_hours(world: World) -> None:
    container = world.container()
    later = (NOW + timedelta(days=7)).isoformat()
    report = observed(container, plan_of(container, timestamp=later))
    assert (report.is_anomaly, report.type, report.score) == (False, "old_history", None)


@pytest.mark.parametrize("hours", [0, 53])
def test_too_short_a_past_gives_no_verdict(world: World, hours: int) -> None:
    world.history = InMemoryMetricHistory()
    world.lives("shop", "avg_cpu", hours)
    container = world.container()
    plan = plan_of(container, "avg_cpu")
    report = observed(container, plan)
    assert (report.is_anomaly, report.type, report.hours_used) == (False, "no_history", 0)
    world.lives("shop", "avg_cpu", 54)
    container = world.container()
    assert observed(container, plan_of(container, "avg_cpu")).type == "none"


def test_the_cluster_s_past_is_forecast_as_the_cluster_s(world: World) -> None:
    world.history = InMemoryMetricHistory(scope=HistoryScope.CLUSTER)
    world.lives("shop", "total_events", 336, level=50.0, swing=5.0)
    container = world.container()
    model = watched(container)
    plan = plan_of(container, "total_events")
    model.asked.clear()
    observed(container, plan)
    assert [request.scope for request in model.asked] == [HistoryScope.CLUSTER]
