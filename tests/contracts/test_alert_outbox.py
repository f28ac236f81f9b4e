"""Contract of the ports AlertOutbox and AlertLog: one suite over the fake, SQLite and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from domain.alerts.message import AlertKind
from domain.alerts.outbox import AlertQuery, AlertState, LeasedAlert, Settlement
from tests.contracts.plan_worlds import KINDS, PlanWorld, plan_world
from tests.fakes.plan_records import MADE_AT, a_plan

SENT = Settlement(state=AlertState.SENT, retry_in_seconds=0, status=204, detail="taken")
FAILED = Settlement(state=AlertState.FAILED, retry_in_seconds=0, status=400, detail="refused: no such thing")
AGAIN = Settlement(state=AlertState.PENDING, retry_in_seconds=30, status=503, detail="busy")


@pytest.fixture(params=KINDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PlanWorld]:
    with plan_world(request.param, request, tmp_path) as world:
        yield world


def add(world: PlanWorld, *services: str) -> list[str]:
    """One anomaly per service, told in this order; their alerts' ids."""
    plans = [a_plan(service, anomaly=True, score=4.0 + index) for index, service in enumerate(services)]
    world.store.save(plans)
    return [plan.plan_id for plan in plans]


def add_later(world: PlanWorld, service: str) -> str:
    """One more anomaly of a service, past the dedup time."""
    world.later(seconds=601)
    return add(world, service)[0]


def lease(world: PlanWorld, channel: str = "discord") -> LeasedAlert | None:
    return world.outbox.lease(channel, lease_seconds=20)


def lease_one(world: PlanWorld, channel: str = "discord") -> LeasedAlert:
    leased = lease(world, channel)
    assert leased is not None
    return leased


def test_an_empty_outbox_has_nothing_to_deliver(world: PlanWorld) -> None:
    assert lease(world) is None
    status = world.outbox.status()
    assert (status.depth, status.oldest_seconds, dict(status.pending)) == (0, 0.0, {})


def test_a_leased_alert_says_what_to_tell(world: PlanWorld) -> None:
    (alert_id,) = add(world, "shop")
    world.later(seconds=7)
    leased = lease_one(world)
    assert leased.message.alert_id == alert_id
    assert leased.message.service_id == "shop"
    assert (leased.channel, leased.attempts, leased.age_seconds) == ("discord", 0, 7.0)


def test_each_channel_gets_each_alert_in_order(world: PlanWorld) -> None:
    told = add(world, "a", "b", "c")
    for channel in ("discord", "webhook"):
        seen = []
        while (leased := lease(world, channel)) is not None:
            seen.append(leased.message.alert_id)
            assert world.outbox.settle(leased, SENT)
        assert seen == told
    assert {entry.state for entry in world.log.alerts(AlertQuery())} == {AlertState.SENT}


def test_a_channel_nobody_asked_for_has_nothing(world: PlanWorld) -> None:
    add(world, "shop")
    assert lease(world, "log") is None


def test_what_is_leased_is_handed_to_nobody_else(world: PlanWorld) -> None:
    add(world, "shop")
    lease_one(world)
    assert lease(world) is None
    assert lease(world, "webhook") is not None


def test_a_lease_that_ended_is_handed_out_again_and_the_first_holder_can_settle_no_more(world: PlanWorld) -> None:
    add(world, "shop")
    first = lease_one(world)
    world.later(seconds=19)
    assert lease(world) is None
    world.later(seconds=1)
    second = lease_one(world)
    assert second.message.alert_id == first.message.alert_id
    assert not world.outbox.settle(first, SENT)
    assert world.outbox.settle(second, SENT)
    assert not world.outbox.settle(second, SENT)


def test_alerts_of_one_service_wait_for_each_other(world: PlanWorld) -> None:
    (first,) = add(world, "shop")
    second = add_later(world, "shop")
    (other,) = add(world, "cart")
    leased = lease_one(world)
    assert leased.message.alert_id == first
    assert lease_one(world).message.alert_id == other
    assert lease(world) is None
    world.outbox.settle(leased, AGAIN)
    assert lease(world) is None
    world.later(seconds=30)
    again = lease_one(world)
    assert (again.message.alert_id, again.attempts) == (first, 1)
    world.outbox.settle(again, SENT)
    assert lease_one(world).message.alert_id == second


def test_a_failed_alert_lets_the_next_one_of_its_service_pass(world: PlanWorld) -> None:
    add(world, "shop")
    second = add_later(world, "shop")
    world.outbox.settle(lease_one(world), FAILED)
    assert lease_one(world).message.alert_id == second


def test_a_channel_that_fails_holds_up_no_other(world: PlanWorld) -> None:
    add(world, "shop")
    second = add_later(world, "shop")
    world.outbox.settle(lease_one(world, "discord"), AGAIN)
    world.outbox.settle(lease_one(world, "webhook"), SENT)
    assert lease_one(world, "webhook").message.alert_id == second


def test_what_became_of_an_attempt_can_be_read(world: PlanWorld) -> None:
    add(world, "shop")
    world.later(seconds=2)
    world.outbox.settle(lease_one(world), AGAIN)
    discord, webhook = world.log.alerts(AlertQuery())[0].deliveries
    assert (discord.state, discord.attempts, discord.last_status) == (AlertState.PENDING, 1, 503)
    assert discord.last_detail == "busy"
    assert discord.last_attempt_at == world.clock.moment
    assert discord.next_attempt_at == world.clock.moment + timedelta(seconds=30)
    assert (webhook.attempts, webhook.last_attempt_at, webhook.sent_at) == (0, None, None)
    world.later(seconds=30)
    world.outbox.settle(lease_one(world), SENT)
    discord = world.log.alerts(AlertQuery())[0].deliveries[0]
    assert (discord.state, discord.attempts, discord.last_status) == (AlertState.SENT, 2, 204)
    assert (discord.sent_at, discord.next_attempt_at) == (world.clock.moment, None)


def test_an_alert_is_pending_then_failed_then_sent_as_its_channels_are(world: PlanWorld) -> None:
    add(world, "shop")

    def state() -> AlertState:
        return world.log.alerts(AlertQuery())[0].state

    world.outbox.settle(lease_one(world, "discord"), FAILED)
    assert state() is AlertState.PENDING
    world.outbox.settle(lease_one(world, "webhook"), SENT)
    assert state() is AlertState.FAILED
    assert world.log.retry() == 1
    world.outbox.settle(lease_one(world, "discord"), SENT)
    assert state() is AlertState.SENT


def test_retry_takes_up_what_failed_and_nothing_else(world: PlanWorld) -> None:
    failed, pending = add(world, "shop", "cart")
    leased = lease_one(world)
    world.outbox.settle(leased, FAILED)
    assert world.log.retry([pending, "no such alert"]) == 0
    assert world.log.retry([failed]) == 1
    assert world.log.retry([failed]) == 0
    again = lease_one(world)
    assert (again.message.alert_id, again.attempts) == (failed, 0)


def test_the_status_counts_what_is_left(world: PlanWorld) -> None:
    add(world, "a", "b", "a")
    world.later(seconds=90)
    world.outbox.settle(lease_one(world), SENT)
    status = world.outbox.status()
    assert dict(status.pending) == {"discord": 1, "webhook": 2}
    assert status.depth == 3
    assert status.oldest_seconds == 90.0
    assert dict(status.states) == {AlertState.PENDING: 2, AlertState.SUPPRESSED: 1}


def test_the_list_is_newest_first_filtered_and_paged(world: PlanWorld) -> None:
    first, second, third = add(world, "a", "b", "a")
    listed = [entry.alert_id for entry in world.log.alerts(AlertQuery())]
    assert listed == [third, second, first]
    assert [entry.alert_id for entry in world.log.alerts(AlertQuery(service_id="a"))] == [third, first]
    assert [entry.alert_id for entry in world.log.alerts(AlertQuery(state=AlertState.SUPPRESSED))] == [third]
    assert [entry.alert_id for entry in world.log.alerts(AlertQuery(before_id=third, limit=1))] == [second]


def test_an_owner_sees_the_alerts_of_their_own_plans(world: PlanWorld) -> None:
    mine, other, nobodys = (
        a_plan(name, anomaly=True, owner=owner) for name, owner in (("a", "anna"), ("b", "bert"), ("c", None))
    )
    world.store.save([mine, other, nobodys])
    assert [entry.alert_id for entry in world.log.alerts(AlertQuery(owner_id="anna"))] == [mine.plan_id]
    assert len(world.log.alerts(AlertQuery())) == 3


def test_more_than_the_rate_waits_for_the_next_minute(world: PlanWorld) -> None:
    told = add(world, *(f"svc-{index}" for index in range(8)))
    taken = [lease_one(world) for _ in range(5)]
    assert lease(world) is None
    for leased in taken:
        world.outbox.settle(leased, SENT)
    world.later(seconds=61)
    assert [lease_one(world).message.alert_id for _ in range(3)] == told[5:]


def test_an_attempt_begun_is_tried_again_whatever_the_rate(world: PlanWorld) -> None:
    add(world, *(f"svc-{index}" for index in range(8)))
    first, *_ = [lease_one(world) for _ in range(5)]
    world.outbox.settle(first, AGAIN)
    world.later(seconds=30)
    assert lease_one(world).message.alert_id == first.message.alert_id


def test_a_storm_is_told_as_one_summary(world: PlanWorld) -> None:
    told = add(world, *(f"svc-{index}" for index in range(40)))
    taken = [lease_one(world) for _ in range(5)]
    summary = lease_one(world)
    assert summary.message.kind is AlertKind.SUMMARY
    assert summary.message.suppressed == 35
    assert "35 alerts of 35 services" in summary.message.suggested_action
    assert "svc-39 avg_cpu (score 43.0); svc-38" in summary.message.suggested_action
    assert lease(world) is None
    assert [leased.message.alert_id for leased in taken] == told[:5]
    world.outbox.settle(summary, SENT)
    # The other channel has not told them yet.
    assert world.log.alerts(AlertQuery(service_id="svc-39"))[0].state is AlertState.PENDING
    for _ in range(6):
        world.outbox.settle(lease_one(world, "webhook"), SENT)
    entry = world.log.alerts(AlertQuery(service_id="svc-39"))[0]
    assert entry.state is AlertState.SUPPRESSED
    assert entry.told_by is not None
    for leased in taken:
        world.outbox.settle(leased, SENT)
    assert world.outbox.status().depth == 0


def test_a_storm_goes_on_as_a_bounded_stream(world: PlanWorld) -> None:
    sent = 0
    for minute in range(3):
        add(world, *(f"svc-{minute}-{index}" for index in range(100)))
        while (leased := lease(world)) is not None:
            world.outbox.settle(leased, SENT)
            sent += 1
        world.later(seconds=61)
    assert sent == 3 * (5 + 1)


@pytest.mark.parametrize("moved", [timedelta(hours=-1), timedelta(days=1), timedelta(days=-400)])
def test_a_clock_that_was_moved_leaves_nothing_stuck(world: PlanWorld, moved: timedelta) -> None:
    retried, held, fresh = add(world, "retried", "held", "fresh")
    world.outbox.settle(lease_one(world), AGAIN)
    lease_one(world)
    world.clock.moment += moved
    world.later(seconds=30)
    assert {lease_one(world).message.alert_id for _ in range(3)} == {retried, held, fresh}


@pytest.mark.parametrize("moved", [timedelta(hours=1), timedelta(days=1)])
def test_what_was_written_by_a_clock_since_put_right_is_not_stuck(world: PlanWorld, moved: timedelta) -> None:
    world.clock.moment += moved
    retried, held, fresh = add(world, "retried", "held", "fresh")
    world.outbox.settle(lease_one(world), AGAIN)
    lease_one(world)
    world.clock.moment -= moved
    assert {lease_one(world).message.alert_id for _ in range(3)} == {retried, held, fresh}
    assert world.outbox.status().oldest_seconds == 0.0


def test_two_dispatchers_at_once_share_the_work_without_a_duplicate(world: PlanWorld) -> None:
    plans = [a_plan(f"svc-{index}", anomaly=True) for index in range(5)]
    world.store.save(plans)

    def work(_worker: int) -> list[str]:
        mine = []
        while (leased := lease(world)) is not None:
            mine.append(leased.message.alert_id)
            assert world.outbox.settle(leased, SENT)
        return mine

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, range(4)))
    everything = [alert_id for share in shares for alert_id in share]
    assert len(everything) == len(set(everything))
    assert set(everything) == {plan.plan_id for plan in plans}


def test_many_writers_of_the_same_anomaly_tell_it_once(world: PlanWorld) -> None:
    plans = [a_plan(anomaly=True, made_at=MADE_AT + timedelta(milliseconds=index)) for index in range(24)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda plan: world.store.save([plan]), plans))
    states = [entry.state for entry in world.log.alerts(AlertQuery())]
    assert states.count(AlertState.PENDING) == 1
    assert states.count(AlertState.SUPPRESSED) == 23
