"""The dispatcher: retries, pauses, channels that hang or were disabled, and a stop that leaves the rest for later."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from application.deliver_alert import Attempt, DeliverAlert
from application.dispatch_alerts import DispatchAlerts
from domain.alerts.delivery import Delivery, Outcome
from domain.alerts.message import AlertMessage
from domain.alerts.outbox import LEAST_ATTEMPTS, AlertQuery, AlertRules, AlertState, retry_seconds, settle
from domain.ports.notifier import Notifier
from tests.contracts.test_plan_journal import eventually
from tests.fakes.clock import FixedClock
from tests.fakes.notifier import RecordingNotifier
from tests.fakes.plan_records import a_plan
from tests.fakes.plan_store import InMemoryPlanStore

BUSY = Delivery(outcome=Outcome.RETRY, status=503, detail="busy")
LATER = Delivery(outcome=Outcome.RETRY, status=429, detail="too many", retry_after_seconds=0.2)
GONE = Delivery(outcome=Outcome.DISABLED, status=404, detail="the address is not accepted")
BAD = Delivery(outcome=Outcome.REFUSED, status=400, detail="refused")


class HangingNotifier(RecordingNotifier):
    """Answers when it is let go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.is_free = threading.Event()

    def deliver(self, message: AlertMessage, *, deadline_seconds: float) -> Delivery:
        self.is_free.wait(20.0)
        return super().deliver(message, deadline_seconds=deadline_seconds)


class BrokenNotifier(RecordingNotifier):
    """Has a defect."""

    def deliver(self, message: AlertMessage, *, deadline_seconds: float) -> Delivery:
        raise RuntimeError("a defect")


class Desk:
    """A store with alerts, and a dispatcher over it."""

    def __init__(self, *notifiers: Notifier) -> None:
        self.clock = FixedClock()
        names = tuple(notifier.name for notifier in notifiers)
        self.store = InMemoryPlanStore(AlertRules(channels=names, rate_per_minute=1000), self.clock)
        self.attempts: list[Attempt] = []
        self.said: list[str] = []
        deliver = DeliverAlert(
            outbox=self.store, deadline_seconds=5.0, give_up_seconds=3600.0, jitter=lambda: 0.0,
            monotonic=time.monotonic,
        )  # fmt: skip
        self.dispatcher = DispatchAlerts(
            deliver=lambda: deliver, outbox=lambda: self.store, notifiers=notifiers, observe=self.attempts.append,
            complain=self.said.append, monotonic=time.monotonic,
        )  # fmt: skip

    def add(self, *services: str) -> list[str]:
        plans = [a_plan(service, anomaly=True) for service in services]
        self.store.save(plans)
        return [plan.plan_id for plan in plans]

    def states(self) -> set[AlertState]:
        return {entry.state for entry in self.store.alerts(AlertQuery(limit=200))}


def running(desk: Desk, work: Callable[[], None]) -> None:
    desk.dispatcher.start()
    try:
        work()
    finally:
        desk.dispatcher.stop(5.0)


def test_everything_is_delivered_in_order_and_flush_says_nothing_is_left() -> None:
    notifier = RecordingNotifier()
    desk = Desk(notifier)
    told = desk.add("a", "b", "c")
    running(desk, lambda: _is(desk.dispatcher.flush(10.0), 0))
    assert [message.alert_id for message in notifier.delivered] == told
    assert desk.states() == {AlertState.SENT}


def _is(found: object, expected: object) -> None:
    assert found == expected


def test_a_busy_channel_is_tried_again_when_its_wait_is_over() -> None:
    notifier = RecordingNotifier(script=[BUSY])
    desk = Desk(notifier)
    desk.add("shop")

    def work() -> None:
        assert desk.dispatcher.flush(0.2) == 1
        desk.clock.moment += timedelta(seconds=0.5)
        assert desk.dispatcher.flush(10.0) == 0

    running(desk, work)
    assert [attempt.delivery.outcome for attempt in desk.attempts] == [Outcome.RETRY, Outcome.DELIVERED]
    assert notifier.attempts[0].alert_id == notifier.attempts[1].alert_id


def test_a_pause_the_channel_asked_for_counts_for_its_other_alerts_too() -> None:
    notifier = RecordingNotifier(script=[LATER])
    desk = Desk(notifier)
    desk.add("a", "b")
    times: list[float] = []
    observe = desk.attempts.append
    desk.dispatcher._observe = lambda attempt: (observe(attempt), times.append(time.monotonic()))  # type: ignore[assignment, func-returns-value]

    def work() -> None:
        assert eventually(lambda: len(times) >= 2)

    running(desk, work)
    assert times[1] - times[0] >= 0.2


def test_a_channel_that_hangs_holds_up_no_other_and_no_stop() -> None:
    hanging, other = HangingNotifier("slow"), RecordingNotifier("other")
    desk = Desk(hanging, other)
    told = desk.add("a", "b")
    desk.dispatcher.start()
    assert eventually(lambda: [message.alert_id for message in other.delivered] == told)
    began = time.monotonic()
    desk.dispatcher.stop(0.1)
    assert time.monotonic() - began < 5.0
    assert desk.states() == {AlertState.PENDING}
    hanging.is_free.set()


def test_a_refused_message_is_given_up_and_the_next_one_passes() -> None:
    notifier = RecordingNotifier(script=[BAD])
    desk = Desk(notifier)
    desk.add("a", "b")
    running(desk, lambda: _is(desk.dispatcher.flush(10.0), 0))
    assert desk.states() == {AlertState.FAILED, AlertState.SENT}
    assert desk.store.retry() == 1
    running(desk, lambda: _is(desk.dispatcher.flush(10.0), 0))
    assert desk.states() == {AlertState.SENT}


def test_a_disabled_channel_keeps_its_alerts_for_the_next_start() -> None:
    notifier = RecordingNotifier(script=[GONE])
    desk = Desk(notifier)
    desk.add("a")
    running(desk, lambda: _is(desk.dispatcher.flush(0.2), 1))
    assert len(notifier.attempts) == 1
    assert desk.states() == {AlertState.PENDING}


def test_a_defect_of_a_channel_is_noted_and_the_dispatcher_lives_on() -> None:
    desk = Desk(BrokenNotifier("broken"), RecordingNotifier("sound"))
    desk.add("a")
    running(desk, lambda: _is(eventually(lambda: len(desk.attempts) == 2), True))
    broken = next(item for item in desk.store.alerts(AlertQuery())[0].deliveries if item.channel == "broken")
    assert broken.last_detail == "the notifier failed: RuntimeError"
    assert "a defect" not in broken.last_detail


def test_an_outbox_that_is_away_is_told_once() -> None:
    desk = Desk(RecordingNotifier())
    desk.store.problem = "the database does not answer"
    desk.dispatcher.start()
    assert eventually(lambda: desk.said == ["the database does not answer"])
    desk.dispatcher.stop(5.0)


def test_waits_double_are_bounded_and_are_spread() -> None:
    assert [retry_seconds(attempts, 1.0) for attempts in (1, 2, 3, 9, 500)] == [1.0, 2.0, 4.0, 256.0, 300.0]
    assert retry_seconds(3, 0.0) == 2.0


def test_age_alone_gives_no_alert_up_as_a_clock_may_be_put_forward() -> None:
    a_day = {"age_seconds": 86_400.0, "give_up_seconds": 3600.0, "jitter": 0.0}
    assert settle(BUSY, attempts=1, **a_day).state is AlertState.PENDING
    given_up = settle(BUSY, attempts=LEAST_ATTEMPTS, **a_day)
    assert given_up.state is AlertState.FAILED
    assert "given up after 20 attempts in 86400 s: busy" in given_up.detail
