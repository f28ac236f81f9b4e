"""A storm of anomalies, in the databases themselves."""

from __future__ import annotations

from datetime import timedelta

from adapters.database.database import Database
from domain.alerts.message import AlertKind
from domain.alerts.outbox import AlertRules, AlertState, Settlement
from tests.contracts.plan_worlds import NOW, world_over
from tests.fakes.clock import FixedClock
from tests.fakes.plan_records import a_plan

SENT = Settlement(state=AlertState.SENT, retry_in_seconds=0, status=204, detail="taken")
RULES = AlertRules(channels=("discord",), rate_per_minute=30)


def test_thousands_of_anomalous_plans_are_thirty_messages_and_a_summary(database: Database) -> None:
    count = 10_000 if database.target.is_sqlite else 1_000
    world = world_over(database, FixedClock(NOW), RULES)
    for start in range(0, count, 500):
        world.store.save([a_plan(f"svc-{start + index}", anomaly=True) for index in range(500)])
    kinds = []
    for _ in range(3):
        while (leased := world.outbox.lease("discord", lease_seconds=20)) is not None:
            kinds.append(leased.message.kind)
            last = leased.message
            assert world.outbox.settle(leased, SENT)
        world.clock.moment += timedelta(seconds=61)
    assert kinds == [AlertKind.ANOMALY] * 30 + [AlertKind.SUMMARY]
    assert last.suppressed == count - 30
    status = world.outbox.status()
    assert status.depth == 0
    assert status.states == {AlertState.SENT: 31, AlertState.SUPPRESSED: count - 30}
