"""Contract of the port PlanStore: one suite over the fake, SQLite and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.database.alert_log import SqlAlertLog
from adapters.database.alert_rows import Telling
from adapters.database.database import Database
from adapters.database.plan_store import SqlPlanStore
from domain.alerts.outbox import AlertQuery, AlertState
from domain.plans.records import MAX_PAGE, PlanKind, PlanQuery
from domain.series import HOUR
from tests.contracts.plan_worlds import KINDS, NOW, RULES, PlanWorld, plan_world
from tests.fakes.clock import FixedClock
from tests.fakes.plan_records import MADE_AT, a_document, a_plan, an_hourly_plan, with_id


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PlanWorld]:
    with plan_world(request.param, request, tmp_path) as world:
        yield world


def ids(world: PlanWorld, **query: object) -> list[str]:
    return [item.plan_id for item in world.store.page(PlanQuery(**query))]  # type: ignore[arg-type]


def test_a_plan_comes_back_as_it_went_in(world: PlanWorld) -> None:
    plan = a_plan("größe/☁ 'x'", "requests", owner="0199f0c0-0000-7000-8000-00000000abcd", anomaly=True)
    world.store.save([plan])
    found = world.store.find(plan.plan_id)
    assert found is not None
    assert found.summary.plan_id == plan.plan_id
    assert found.summary.owner_id == plan.owner_id
    assert (found.summary.service_id, found.summary.metric_name) == ("größe/☁ 'x'", "requests")
    assert found.summary.generated_at == plan.generated_at
    assert found.summary.first_hour == plan.document.first_hour
    assert found.summary.cost_usd_per_day == plan.document.cost_usd_per_day
    assert found.summary.recommended_flavor == "m5.large"
    assert found.summary.model_version == "web_peak_lstm_v1"
    assert found.summary.is_anomaly is True
    assert found.summary.digest == plan.document.digest
    assert found.request["ignored"] == ["/x"]
    assert found.document["text"] == "größer ☁"
    assert list(world.store.page(PlanQuery())) == [found.summary]


def test_an_hourly_plan_has_no_flavor_of_its_own_and_ends_no_anomaly(world: PlanWorld) -> None:
    anomaly, hourly = a_plan(anomaly=True), an_hourly_plan()
    world.store.save([anomaly, hourly])
    newest = world.store.page(PlanQuery())[0]
    assert (newest.plan_id, newest.kind, newest.recommended_flavor) == (hourly.plan_id, PlanKind.HOURLY, None)
    assert [entry.alert_id for entry in world.log.alerts(AlertQuery())] == [anomaly.plan_id]


def test_an_unknown_id_is_no_plan(world: PlanWorld) -> None:
    world.store.save([a_plan()])
    for text in ("0199f0c0-0000-7000-8000-00000000ffff", "", "no id", "' OR 1=1 --", "x" * 500):
        assert world.store.find(text) is None


def test_a_plan_stored_twice_is_one_and_stays_as_it_was(world: PlanWorld) -> None:
    plan, other = a_plan(anomaly=True), a_plan("calm")
    world.store.save([plan])
    world.store.save([with_id(a_plan("other"), plan.plan_id), other, plan])
    assert ids(world) == [other.plan_id, plan.plan_id]
    found = world.store.find(plan.plan_id)
    assert found is not None
    assert found.summary.service_id == "shop"
    assert len(world.log.alerts(AlertQuery())) == 1


def test_an_empty_batch_changes_nothing(world: PlanWorld) -> None:
    world.store.save([])
    assert ids(world) == []


def test_plans_with_the_same_document_are_plans_of_their_own(world: PlanWorld) -> None:
    document = a_document()
    plans = [a_plan(document=document) for _ in range(3)]
    world.store.save(plans[:2])
    world.store.save(plans[2:])
    assert ids(world) == [plan.plan_id for plan in reversed(plans)]
    assert {world.store.find(plan.plan_id).document["text"] for plan in plans} == {"größer ☁"}  # type: ignore[union-attr]


def test_pages_go_back_in_time_without_a_gap(world: PlanWorld) -> None:
    plans = [a_plan() for _ in range(7)]
    world.store.save([plans[index] for index in (3, 0, 6, 1, 5, 2, 4)])
    seen: list[str] = []
    before: str | None = None
    while page := ids(world, before_id=before, limit=3):
        seen += page
        before = page[-1]
    assert seen == [plan.plan_id for plan in reversed(plans)]


def test_filters_narrow_the_list(world: PlanWorld) -> None:
    shop, cart, memory = a_plan("shop"), a_plan("cart", owner="anna"), a_plan("shop", "avg_memory", owner="anna")
    world.store.save([shop, cart, memory])
    assert ids(world, service_id="shop") == [memory.plan_id, shop.plan_id]
    assert ids(world, metric_name="avg_cpu") == [cart.plan_id, shop.plan_id]
    assert ids(world, service_id="shop", metric_name="avg_memory") == [memory.plan_id]
    assert ids(world, owner_id="anna") == [memory.plan_id, cart.plan_id]
    assert ids(world, service_id="Shop") == []
    assert ids(world, owner_id="") == []
    assert ids(world, ids=frozenset({shop.plan_id, memory.plan_id, "none"})) == [memory.plan_id, shop.plan_id]
    assert ids(world, ids=frozenset({shop.plan_id, memory.plan_id}), owner_id="anna") == [memory.plan_id]
    assert ids(world, ids=frozenset()) == []


def test_times_are_from_including_and_to_excluding(world: PlanWorld) -> None:
    first, second, third = (a_plan(made_at=MADE_AT + step * HOUR) for step in range(3))
    world.store.save([first, second, third])
    assert ids(world, since=second.generated_at) == [third.plan_id, second.plan_id]
    assert ids(world, until=second.generated_at) == [first.plan_id]
    assert ids(world, since=first.generated_at, until=third.generated_at) == [second.plan_id, first.plan_id]
    assert ids(world, since=third.generated_at + timedelta(microseconds=1)) == []


def test_an_owner_s_plan_is_nobody_else_s(world: PlanWorld) -> None:
    mine, nobodys = a_plan(owner="anna"), a_plan()
    world.store.save([mine, nobodys])
    assert world.store.find(mine.plan_id, owner_id="anna") is not None
    assert world.store.find(mine.plan_id, owner_id="bert") is None
    assert world.store.find(nobodys.plan_id, owner_id="anna") is None


@pytest.mark.parametrize("limit", [0, MAX_PAGE + 1])
def test_a_page_is_bounded(limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        PlanQuery(limit=limit)


def test_pruning_forgets_the_oldest_first_and_keeps_shared_documents(world: PlanWorld) -> None:
    document = a_document()
    plans = [a_plan(made_at=MADE_AT + step * HOUR, document=document) for step in range(4)]
    world.store.save(plans)
    assert world.store.prune(plans[3].generated_at, limit=2) == 2
    assert ids(world) == [plans[3].plan_id, plans[2].plan_id]
    assert world.store.find(plans[2].plan_id) is not None
    assert world.store.prune(plans[3].generated_at, limit=100) == 1
    assert world.store.prune(plans[3].generated_at, limit=100) == 0
    assert ids(world) == [plans[3].plan_id]


def test_pruning_keeps_alerts_that_are_still_to_be_told(world: PlanWorld) -> None:
    early = MADE_AT - timedelta(days=30)
    plan = a_plan(anomaly=True, made_at=early)
    duplicate = a_plan(anomaly=True, made_at=early + timedelta(seconds=1))
    world.store.save([plan, duplicate])
    assert world.store.prune(MADE_AT, limit=10) == 2
    assert [entry.alert_id for entry in world.log.alerts(AlertQuery())] == [plan.plan_id]


def test_a_batch_is_stored_whole(world: PlanWorld) -> None:
    plans = [a_plan(f"svc-{index % 50}", anomaly=index % 10 == 0) for index in range(300)]
    world.store.save(plans)
    assert len(ids(world, limit=MAX_PAGE)) == MAX_PAGE
    assert len(ids(world, service_id="svc-7", limit=MAX_PAGE)) == 6


def test_an_anomaly_becomes_an_alert_with_the_plan_s_id(world: PlanWorld) -> None:
    plan, calm = a_plan(anomaly=True), a_plan("calm")
    world.store.save([plan, calm])
    (entry,) = world.log.alerts(AlertQuery())
    assert (entry.alert_id, entry.state, entry.kind) == (plan.plan_id, AlertState.PENDING, "anomaly")
    assert entry.message.plan_id == plan.plan_id
    assert entry.message.plan_url == f"https://planner.example/plans/{plan.plan_id}"
    assert entry.message.created_at == plan.generated_at
    assert [item.channel for item in entry.deliveries] == ["discord", "webhook"]


def test_a_duplicate_is_suppressed_and_counted_in_the_next_one(world: PlanWorld) -> None:
    first, second, third, fourth = (a_plan(anomaly=True) for _ in range(4))
    world.store.save([first, second])
    world.later(seconds=599)
    world.store.save([third])
    world.later(seconds=1)
    world.store.save([fourth])
    states = {entry.alert_id: (entry.state.value, entry.told_by) for entry in world.log.alerts(AlertQuery())}
    assert states[first.plan_id] == states[fourth.plan_id] == ("pending", None)
    assert states[second.plan_id] == states[third.plan_id] == ("suppressed", first.plan_id)
    assert world.log.alerts(AlertQuery(limit=1))[0].message.suppressed == 2


@pytest.mark.parametrize(
    "changes", [{"service": "cart"}, {"metric": "requests"}, {"model": "web_low_lstm_v1"}, {"slot": "low"}]
)
def test_another_service_metric_model_or_slot_is_no_duplicate(world: PlanWorld, changes: dict[str, str]) -> None:
    world.store.save([a_plan(anomaly=True), a_plan(anomaly=True, **changes)])  # type: ignore[arg-type]
    assert {entry.state for entry in world.log.alerts(AlertQuery())} == {AlertState.PENDING}


def test_the_end_of_an_anomaly_is_told_once(world: PlanWorld) -> None:
    anomaly, over, calm = a_plan(anomaly=True), a_plan(), a_plan()
    world.store.save([anomaly])
    world.store.save([over])
    world.store.save([calm])
    kinds = {entry.alert_id: entry.kind.value for entry in world.log.alerts(AlertQuery())}
    assert kinds == {anomaly.plan_id: "anomaly", over.plan_id: "recovery"}


def test_a_replay_of_an_earlier_time_ends_no_anomaly(world: PlanWorld) -> None:
    anomaly = a_plan(anomaly=True)
    earlier = a_document(first_hour=anomaly.document.first_hour - 24 * HOUR)
    world.store.save([anomaly, a_plan(document=earlier)])
    assert [entry.kind.value for entry in world.log.alerts(AlertQuery())] == ["anomaly"]


@pytest.mark.parametrize("moved", [timedelta(hours=-1), timedelta(days=1), timedelta(days=-400)])
def test_a_clock_that_was_moved_silences_nothing(world: PlanWorld, moved: timedelta) -> None:
    world.store.save([a_plan(anomaly=True)])
    world.clock.moment += moved
    late = a_plan(anomaly=True)
    world.store.save([late])
    assert world.log.alerts(AlertQuery(limit=1))[0].state is AlertState.PENDING
    world.clock.moment -= moved
    again = a_plan(anomaly=True)
    world.store.save([again])
    assert {entry.alert_id for entry in world.log.alerts(AlertQuery(state=AlertState.PENDING))} >= {late.plan_id}


def test_money_keeps_its_cents(world: PlanWorld) -> None:
    plan = a_plan()
    dear = replace(plan, document=replace(plan.document, cost_usd_per_day=plan.document.cost_usd_per_day * 1_000_000))
    world.store.save([dear])
    assert world.store.page(PlanQuery())[0].cost_usd_per_day == dear.document.cost_usd_per_day


def test_microseconds_of_the_time_it_was_made_are_kept(world: PlanWorld) -> None:
    moment = datetime.fromisoformat("2026-11-23T12:00:30.123456+00:00")
    world.store.save([a_plan(made_at=moment)])
    assert world.store.page(PlanQuery())[0].generated_at == moment


def test_without_keeping_plans_only_their_alerts_are_stored(database: Database) -> None:
    clock = FixedClock(NOW)
    telling = Telling(rules=RULES, keeps_plans=False)
    store = SqlPlanStore(lambda: database, telling, lambda _connection: clock.now())
    store.save([a_plan("calm"), a_plan("shop", anomaly=True)])
    assert list(store.page(PlanQuery())) == []
    (entry,) = SqlAlertLog(lambda: database).alerts(AlertQuery())
    assert (entry.message.service_id, entry.message.plan_id, entry.message.plan_url) == ("shop", None, None)
