"""Plan store, outbox and log over one storage: the fake's, an SQLite file's, a MariaDB's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.database.alert_log import SqlAlertLog
from adapters.database.alert_outbox import SqlAlertOutbox
from adapters.database.alert_rows import Telling
from adapters.database.database import Database
from adapters.database.plan_store import SqlPlanStore
from domain.alerts.outbox import AlertRules
from domain.ports.alert_outbox import AlertLog, AlertOutbox
from domain.ports.plan_store import PlanStore
from tests.fakes.clock import FixedClock
from tests.fakes.plan_store import InMemoryPlanStore
from tests.servers.databases import migrator_of, new_target

KINDS = ("fake", "sqlite", "mariadb")
NOW = datetime(2026, 11, 23, 12, 1, tzinfo=UTC)
RULES = AlertRules(channels=("discord", "webhook"), dedup_ttl_seconds=600.0, tells_recovery=True, rate_per_minute=5)


@dataclass
class PlanWorld:
    """One storage, seen through its three ports, at a time of the test's choosing."""

    store: PlanStore
    outbox: AlertOutbox
    log: AlertLog
    clock: FixedClock

    def later(self, **time: float) -> None:
        """Move the clock, back with negative numbers."""
        self.clock.moment += timedelta(**time)


@contextmanager
def plan_world(
    kind: str, request: pytest.FixtureRequest, folder: Path, rules: AlertRules = RULES
) -> Iterator[PlanWorld]:
    """An empty storage of a kind."""
    clock = FixedClock(NOW)
    if kind == "fake":
        fake = InMemoryPlanStore(rules, clock)
        yield PlanWorld(store=fake, outbox=fake, log=fake, clock=clock)
        return
    database = Database(new_target(kind, request, folder))
    migrator_of(database).upgrade()
    yield world_over(database, clock, rules)
    database.close()


def world_over(database: Database, clock: FixedClock, rules: AlertRules = RULES) -> PlanWorld:
    """The adapters over a database, told the time by a clock."""
    return PlanWorld(
        store=SqlPlanStore(lambda: database, Telling(rules=rules), lambda _connection: clock.now()),
        outbox=SqlAlertOutbox(lambda: database, rules, lambda _connection: clock.now()),
        log=SqlAlertLog(lambda: database, lambda _connection: clock.now()),
        clock=clock,
    )
