"""The planner's words, bound to the use cases over fakes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pytest
from dependency_injector import providers
from pytest_bdd import given, parsers, then, when

from application.what_if import WhatIfAnswer
from domain.context import MCPContext, extract_context
from domain.errors import ContextValidationError, McpCoreError
from domain.flavors import HOURS_PER_DAY
from domain.metrics import Resource
from domain.plan import HourlyPlan, Plan
from domain.plan_request import read_plan_request
from domain.ports.forecaster import Forecaster
from domain.ports.metric_history import HistoryScope
from domain.repository.known import ServiceKind
from domain.repository.planned import Basis, PlanningWishes, ServicePlan, Verdict
from domain.repository.profile import Amounts, RepositoryProfile, ServiceProfile
from domain.series import HOUR
from domain.what_if import read_what_if_request
from entrypoints.container import Container
from tests.fakes.flavor_rows import a_flavor
from tests.fakes.forecaster import FlatForecaster, LevelForecaster
from tests.fakes.held_jobs import HeldJobs
from tests.fakes.metric_history import InMemoryMetricHistory
from tests.fakes.world import NOW, World, lstm_engine


@dataclass
class Planning:
    """One scenario: what there is, what is said, what came out."""

    world: World = field(default_factory=World)
    said: dict[str, object] = field(
        default_factory=lambda: {"context_id": "c", "timestamp": "2026-11-23T11:30:00Z", "service_type": "web"}
    )
    model: Forecaster | None = None
    held: HeldJobs | None = None
    context: MCPContext | None = None
    error: McpCoreError | None = None
    plans: list[Plan] = field(default_factory=list)
    profiles: list[ServiceProfile] = field(default_factory=list)
    planned: dict[str, ServicePlan] = field(default_factory=dict)
    schedule: HourlyPlan | None = None
    comparison: WhatIfAnswer | None = None
    _container: Container | None = None

    @property
    def container(self) -> Container:
        """One container for the whole scenario, as one service would be."""
        if self._container is None:
            self._container = self.world.container()
            if self.model is not None:
                lstm_engine(self._container, self.model)
            if self.held is not None:
                self._container.background_jobs.override(providers.Object(self.held))
        return self._container

    @property
    def plan(self) -> Plan:
        """The plan that was made; a refusal fails the step that expected a plan."""
        assert self.error is None, self.error
        return self.plans[-1]

    def ask(self, metric: str, service: str, **more: object) -> None:
        """Ask for a plan and keep it, or the error it was refused with."""
        request = {"service_id": service, "metric_name": metric, "context": self.said | more}
        try:
            self.plans.append(self.container.plan_capacity()(read_plan_request(request)))
        except McpCoreError as error:
            self.error = error


@pytest.fixture
def planning() -> Planning:
    """A fresh scenario."""
    return Planning()


def value_of(text: str) -> object:
    """A number, or the text between quotation marks."""
    return json.loads(text)


# --- what there is ---------------------------------------------------------------------------------------------


@given("a trained model is installed")
def _model(planning: Planning) -> None:
    planning.model = FlatForecaster("lstm")


@given(parsers.parse("a trained model is installed that says {level:g} whatever happened"))
def _stubborn_model(planning: Planning, level: float) -> None:
    planning.model = LevelForecaster("lstm", level)


@given("comparisons are made when there is time")
def _held(planning: Planning) -> None:
    planning.held = HeldJobs()


@given("there has been time")
def _time_has_passed(planning: Planning) -> None:
    assert planning.held is not None
    planning.held.finish()


@given(parsers.parse('"{service}" has {hours:d} hours of "{metric}" around {level:g}'))
def _around(planning: Planning, service: str, hours: int, metric: str, level: float) -> None:
    planning.world.lives(service, metric, hours, level=level, swing=level / 10)


@given(parsers.parse('"{service}" has {hours:d} hours of "{metric}" at exactly {level:g}'))
def _exactly(planning: Planning, service: str, hours: int, metric: str, level: float) -> None:
    planning.world.lives(service, metric, hours, level=level, swing=0.0)


@given(parsers.parse('"{service}" has {hours:d} hours of "{metric}" swinging daily between {low:g} and {high:g}'))
def _swinging(planning: Planning, service: str, hours: int, metric: str, low: float, high: float) -> None:
    planning.world.lives(service, metric, hours, level=(low + high) / 2, swing=(high - low) / 2)


@given(parsers.parse('"{service}" has {hours:d} hours of "{metric}" at {low:g} and {high:g} in turns nobody foresees'))
def _erratic(planning: Planning, service: str, hours: int, metric: str, low: float, high: float) -> None:
    values = np.random.default_rng(1).choice([low, (low + high) / 2, high], hours)
    planning.world.history.add(service, metric, NOW - timedelta(hours=hours), values.tolist())


@given(parsers.parse('the measurements of "{metric}" of "{service}" lack {hours:d} hours in the middle'))
def _gap(planning: Planning, metric: str, service: str, hours: int) -> None:
    whole = planning.world.history
    series = whole.window(service, [metric], end=NOW, hours=1000).series[metric]
    middle = len(series) // 2
    holey = InMemoryMetricHistory()
    for start, stop in ((0, middle), (middle + hours, len(series))):
        holey.add(service, metric, series.start + start * HOUR, series.values[start:stop].tolist())
    planning.world.history = holey


@given(parsers.parse('"{service}" was sampled every half hour for {hours:d} hours, at {low:g} and {high:g} in turn'))
def _sampled(planning: Planning, service: str, hours: int, low: float, high: float) -> None:
    start = NOW - timedelta(hours=hours)
    planning.world.history.add(service, "avg_cpu", start, [low] * hours)
    planning.world.history.add(service, "avg_cpu", start + timedelta(minutes=30), [high] * hours)


@given(parsers.parse('"{metric}" of "{service}" were {level:g} for the {hours:d} hours up to {ago:d} hours ago'))
def _were(planning: Planning, metric: str, service: str, level: float, hours: int, ago: int) -> None:
    # Of two samples of the same time the last one wins.
    planning.world.history.add(service, metric, NOW - (ago + hours) * HOUR, [level] * hours)


@given(parsers.parse("{minutes:d} minutes have passed"))
def _passed(planning: Planning, minutes: int) -> None:
    planning.world.clock.moment += timedelta(minutes=minutes)


@given("the history's source is down")
def _down(planning: Planning) -> None:
    planning.world.history.problem = "it does not answer"


@given("only the cluster as a whole was measured")
def _cluster(planning: Planning) -> None:
    planning.world.history = InMemoryMetricHistory(scope=HistoryScope.CLUSTER)
    planning.world.lives("shop", "avg_cpu", 336)


@given(parsers.parse("a history older than {hours:d} hours counts as none"))
def _age_limit(planning: Planning, hours: int) -> None:
    planning.world.settings["history_max_age_hours"] = hours


@given(parsers.parse('the planner goes by "{detector}"'))
def _goes_by(planning: Planning, detector: str) -> None:
    planning.world.settings["anomaly_detector"] = detector


@given(parsers.parse("a score from {threshold:g} on is an anomaly"))
def _threshold(planning: Planning, threshold: float) -> None:
    planning.world.settings["anomaly_z"] = threshold


@given(parsers.parse('"{provider}" sells in "{region}"'))
def _sells(planning: Planning, provider: str, region: str, datatable: list[list[str]]) -> None:
    for name, vcpus, memory_gib, price in datatable[1:]:
        planning.world.flavors.append(
            a_flavor(
                name,
                provider=provider,
                region=region,
                vcpus=float(vcpus),
                memory_gib=float(memory_gib),
                usd_per_hour=price,
            )
        )


@given(parsers.parse('"{provider}" sells in "{region}" without saying its prices'))
def _sells_unpriced(planning: Planning, provider: str, region: str) -> None:
    planning.world.flavors.append(a_flavor("m1", provider=provider, region=region, usd_per_hour=None))


# --- what is said ----------------------------------------------------------------------------------------------


@given("nothing is said of the service but its kind")
def _nothing(planning: Planning) -> None:
    assert set(planning.said) == {"context_id", "timestamp", "service_type"}


@given(parsers.re(r'(?:the caller|the context) says "(?P<name>\w+)" is (?P<value>.+)'))
def _says(planning: Planning, name: str, value: str) -> None:
    planning.said[name] = value_of(value)


@given(parsers.parse('the caller\'s time is "{stamp}"'))
def _time(planning: Planning, stamp: str) -> None:
    planning.said["timestamp"] = stamp


@given(parsers.parse("one replica has {vcpus:g} vCPUs and {memory_gib:g} GiB"))
def _capacity(planning: Planning, vcpus: float, memory_gib: float) -> None:
    planning.said["capacity"] = {"vcpus": vcpus, "memory_gib": memory_gib}


@given(parsers.re(r'the context asks "(?P<provider>\w+)" in "(?P<region>\w*)"'))
def _provider(planning: Planning, provider: str, region: str) -> None:
    planning.said |= {"provider": provider} | ({"region": region} if region else {})


# --- what is asked ---------------------------------------------------------------------------------------------


@when("the context is read")
def _read(planning: Planning) -> None:
    try:
        planning.context = extract_context(planning.said)
    except ContextValidationError as error:
        planning.error = error


@given(parsers.parse('the planner has asked for "{metric}" of "{service}" before'))
@when(parsers.parse('the planner asks for "{metric}" of "{service}"'))
def _ask(planning: Planning, metric: str, service: str) -> None:
    planning.ask(metric, service)


@when(parsers.parse('the planner asks for "{metric}" of "{service}" at risks {one:g} and {other:g}'))
def _ask_risks(planning: Planning, metric: str, service: str, one: float, other: float) -> None:
    planning.ask(metric, service, risk=one)
    planning.ask(metric, service, risk=other)


@when(parsers.parse('the planner asks for "{metric}" of "{service}" now and again a week later'))
def _ask_later(planning: Planning, metric: str, service: str) -> None:
    planning.ask(metric, service)
    later = datetime.fromisoformat(str(planning.said["timestamp"])) + timedelta(days=7)
    planning.ask(metric, service, timestamp=later.isoformat())


@when(parsers.parse('the planner asks for an hourly schedule of "{metric}" for "{service}"'))
def _ask_hourly(planning: Planning, metric: str, service: str) -> None:
    request = {"service_id": service, "metric_name": metric, "context": planning.said}
    planning.schedule = planning.container.plan_hourly()(read_plan_request(request))


@when(parsers.re(r'the planner asks for "(?P<metric>[^"]+)" of "(?P<service>[^"]+)" and what if (?P<changes>.+)'))
def _ask_what_if(planning: Planning, metric: str, service: str, changes: str) -> None:
    pairs = (part.split(" were ") for part in changes.split(" and "))
    asked = {name.strip('"'): value_of(value) for name, value in pairs}
    raw = {"service_id": service, "metric_name": metric, "context": planning.said, "changes": asked}
    try:
        planning.comparison = planning.container.what_if()(read_what_if_request(raw))
    except McpCoreError as error:
        planning.error = error


# --- what comes out --------------------------------------------------------------------------------------------


@then(parsers.parse('the environment is "{env}", the time slot "{slot}" and the weight {weight:g}'))
def _defaults(planning: Planning, env: str, slot: str, weight: float) -> None:
    context = planning.context
    assert context is not None
    assert (context.runtime_env.value, context.time_slot.value, context.weight) == (env, slot, weight)


@then(parsers.parse('"{name}" is {value:g}'))
def _field_is(planning: Planning, name: str, value: float) -> None:
    assert getattr(planning.context, name) == value


@then(parsers.parse("the time is {hour:d} o'clock UTC"))
def _hour_is(planning: Planning, hour: int) -> None:
    assert planning.context is not None
    assert planning.context.timestamp == NOW.replace(hour=hour)


@then(parsers.parse('the bad fields are "{names}"'))
def _bad_fields(planning: Planning, names: str) -> None:
    assert isinstance(planning.error, ContextValidationError)
    assert {item.pointer.removeprefix("/context/") for item in planning.error.fields} == set(names.split(", "))


@then(parsers.parse('the plan\'s version is "{version}"'))
def _version(planning: Planning, version: str) -> None:
    assert planning.plan.outlook.model_version == version


@then(parsers.parse('the reasons contain "{code}"'))
def _reasons(planning: Planning, code: str) -> None:
    assert code in [reason.code.value for reason in planning.plan.reasons]


@then(parsers.parse('the reasons do not contain "{code}"'))
def _no_reason(planning: Planning, code: str) -> None:
    assert code not in [reason.code.value for reason in planning.plan.reasons]


@then(parsers.parse('the notes say "{text}"'))
def _notes(planning: Planning, text: str) -> None:
    assert text in planning.plan.notes


@then(parsers.parse("{hours:d} hours were observed"))
def _observed(planning: Planning, hours: int) -> None:
    assert planning.plan.outlook.history.observed_hours == hours


@then(parsers.parse("the day ahead lies around {level:g}"))
def _lies_around(planning: Planning, level: float) -> None:
    assert float(planning.plan.outlook.median.mean()) == pytest.approx(level, rel=0.15)


@then(parsers.parse('CPU is sized from "{metric}"'))
def _sized_from(planning: Planning, metric: str) -> None:
    assert planning.plan.outlook.demands[Resource.CPU].origin == metric


@then("the answer is that the metric is not found")
def _metric_not_found(planning: Planning) -> None:
    assert planning.error is not None
    assert planning.error.code == "metric_not_found"


@then(parsers.parse('the first forecast hour is "{stamp}"'))
def _first_hour(planning: Planning, stamp: str) -> None:
    assert planning.plan.outlook.start == datetime.fromisoformat(stamp)


@then("the interval of the later plan is wider")
def _wider(planning: Planning) -> None:
    now, later = (float((plan.outlook.weighted[:, -1] - plan.outlook.weighted[:, 0]).mean()) for plan in planning.plans)
    assert later > now


@then("no value shown is above 1")
def _at_most_one(planning: Planning) -> None:
    assert float(planning.plan.outlook.median.max()) == 1.0


@then(parsers.parse("CPU needs about {vcpus:g} vCPUs or more"))
def _needs(planning: Planning, vcpus: float) -> None:
    need = planning.plan.choice.need.vcpus
    assert need is not None
    assert need >= vcpus * 0.95


@then("every value shown is 0")
def _nothing_shown(planning: Planning) -> None:
    assert planning.plan.outlook.median.tolist() == [0.0] * 24


@then("the day is an anomaly")
def _out_of_the_ordinary(planning: Planning) -> None:
    assert planning.plan.anomaly.is_anomaly


@then("the day is no anomaly")
def _ordinary(planning: Planning) -> None:
    assert not planning.plan.anomaly.is_anomaly


@then(parsers.re(r'the day is (?P<verdict>an anomaly|no anomaly) of type "(?P<kind>\w+)"'))
def _verdict(planning: Planning, verdict: str, kind: str) -> None:
    report = planning.plan.anomaly
    assert (report.is_anomaly, report.type) == (verdict == "an anomaly", kind)


@then(parsers.parse('the verdict is that of "{detector}"'))
def _verdict_of(planning: Planning, detector: str) -> None:
    assert planning.plan.anomaly.detector == detector


@then(parsers.parse('"{detector}" sees no anomaly'))
def _sees_none(planning: Planning, detector: str) -> None:
    reports = {report.detector: report for report in planning.container.detect_anomalies().every(planning.plan)}
    assert not reports[detector].is_anomaly


@then(parsers.parse('"{flavor}" is recommended at {usd:g} USD per day'))
def _recommended(planning: Planning, flavor: str, usd: float) -> None:
    assert planning.plan.choice.flavor.name == flavor
    assert float(planning.plan.cost_usd_per_day) == pytest.approx(usd)


@then(parsers.parse('CPU is sized with the rule "{name}"'))
def _sized_by(planning: Planning, name: str) -> None:
    parts = planning.plan.outlook.demands[Resource.CPU].parts(planning.plan.request.context.risk)
    assert parts is not None
    assert parts.rule.name == name
    assert parts.size == planning.plan.choice.need.vcpus


@then("CPU is sized with no rule")
def _sized_by_none(planning: Planning) -> None:
    assert planning.plan.outlook.demands[Resource.CPU].parts(planning.plan.request.context.risk) is None


@then("the needs are the same")
def _same_need(planning: Planning) -> None:
    first, second = (plan.choice.need.vcpus for plan in planning.plans)
    assert first == pytest.approx(second)


@then("the second need is larger")
def _larger_need(planning: Planning) -> None:
    lax, strict = (plan.choice.need.vcpus for plan in planning.plans)
    assert lax is not None
    assert strict is not None
    assert strict > lax


@then(parsers.parse('the plan is refused as "{code}"'))
def _refused(planning: Planning, code: str) -> None:
    assert planning.error is not None, "a plan was made"
    assert planning.error.code == code


def _schedule(planning: Planning) -> HourlyPlan:
    assert planning.schedule is not None
    return planning.schedule


def _comparison(planning: Planning) -> WhatIfAnswer:
    assert planning.error is None, planning.error
    assert planning.comparison is not None
    return planning.comparison


@then(parsers.parse('the size goes from "{before}" to "{after}"'))
def _size_goes(planning: Planning, before: str, after: str) -> None:
    answer = _comparison(planning)
    assert (answer.now.flavor.name, answer.then.flavor.name) == (before, after)


@then(parsers.parse("it costs {usd:g} USD per day more"))
def _costs_more(planning: Planning, usd: float) -> None:
    answer = _comparison(planning)
    assert float(answer.then.cost_usd_per_day - answer.now.cost_usd_per_day) == pytest.approx(usd)


@then("keeping the size would leave it too small for most of the hours")
def _too_small(planning: Planning) -> None:
    share = _comparison(planning).unchanged.cpu_share_over
    assert share is not None
    assert share > 0.5


@then(parsers.parse('it is assumed that "{text}"'))
def _assumed(planning: Planning, text: str) -> None:
    assert any(text in assumption for assumption in _comparison(planning).request.assumptions)


@then("there are 24 hours, the first of them the next full one")
def _hours(planning: Planning) -> None:
    hours = _schedule(planning).hours
    assert [hour.timestamp for hour in hours] == [NOW + step * HOUR for step in range(HOURS_PER_DAY)]


@then(parsers.parse('the quietest hour runs on "{low}" and the busiest on "{high}"'))
def _extremes(planning: Planning, low: str, high: str) -> None:
    ordered = sorted(_schedule(planning).hours, key=lambda hour: hour.predicted_value)
    assert (ordered[0].flavor.name, ordered[-1].flavor.name) == (low, high)


@then("the schedule costs the sum of its hours")
def _sum(planning: Planning) -> None:
    plan = _schedule(planning)
    prices = [float(hour.flavor.price_usd_per_hour or math.nan) for hour in plan.hours]
    assert float(plan.total_cost_usd) == pytest.approx(sum(prices))


@then("the ranks run from 0 to 1")
def _ranks(planning: Planning) -> None:
    hours = _schedule(planning).hours
    ordered = sorted(hours, key=lambda hour: hour.predicted_value)
    assert (ordered[0].percentile, ordered[-1].percentile) == (0.0, 1.0)
    spread = _schedule(planning).breakpoints
    assert ordered[0].predicted_value < spread.p25 < spread.p50 < spread.p75 < ordered[-1].predicted_value


@then(parsers.parse('every hour runs on "{flavor}"'))
def _every_hour(planning: Planning, flavor: str) -> None:
    assert {hour.flavor.name for hour in _schedule(planning).hours} == {flavor}


@then(parsers.parse("the schedule costs {usd:g} USD"))
def _costs(planning: Planning, usd: float) -> None:
    assert float(_schedule(planning).total_cost_usd) == pytest.approx(usd)


# --- repositories ----------------------------------------------------------------------------------------------


@given(parsers.parse('the repository runs the {kind} "{service}" with {vcpus:g} vCPUs and {gib:g} GiB'))
def _runs(planning: Planning, kind: str, service: str, vcpus: float, gib: float) -> None:
    declared = Amounts(cpu_limit_vcpus=vcpus, memory_limit_gib=gib)
    planning.profiles.append(ServiceProfile(name=service, kind=ServiceKind(kind), declared=declared))


@given(parsers.parse('"{service}" has used a tenth of its CPU and memory for two weeks'))
def _idle(planning: Planning, service: str) -> None:
    for metric in ("avg_cpu", "avg_memory"):
        planning.world.lives(service, metric, 336, level=0.1, swing=0.01)


@when("the planner plans the repository")
def _plan_repository(planning: Planning) -> None:
    found = RepositoryProfile(services=tuple(planning.profiles), findings=())
    wishes = PlanningWishes(timestamp=NOW - timedelta(minutes=30), risk=0.01)
    planned = planning.container.plan_repository()(found, wishes)
    planning.planned = {item.profile.name: item for item in planned.services}


@then(parsers.parse('the plan of "{service}" rests on its {what}'))
def _rests_on(planning: Planning, service: str, what: str) -> None:
    assert planning.planned[service].basis == {"history": Basis.HISTORY, "profile alone": Basis.PRIOR}[what]


@then(parsers.parse('"{service}" is over-provisioned by {money:g} USD per day'))
def _over(planning: Planning, service: str, money: float) -> None:
    found = planning.planned[service].comparison
    assert found is not None
    assert found.verdict is Verdict.OVER
    assert float(found.change_usd_per_day or 0) == pytest.approx(-money)


@then(parsers.parse('the plan of "{service}" is marked as a fallback'))
def _marked(planning: Planning, service: str) -> None:
    plan = planning.planned[service].plan
    assert plan is not None
    assert plan.outlook.model_version.endswith("_fallback")


@then(parsers.parse('"{flavor}" is recommended for "{service}"'))
def _recommended_for(planning: Planning, flavor: str, service: str) -> None:
    plan = planning.planned[service].plan
    assert plan is not None
    assert plan.choice.flavor.name == flavor


@then(parsers.parse('the plan of "{service}" says "{words}"'))
def _plan_says(planning: Planning, service: str, words: str) -> None:
    plan = planning.planned[service].plan
    assert plan is not None
    assert words in plan.notes
