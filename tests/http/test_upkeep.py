"""What a running service does beside requests: old entries and counters go, also after an outage."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from threading import Semaphore

import pytest
import structlog

from application.accounts.request_rates import RequestRates
from domain.errors import DatabaseUnavailable
from domain.identity.audit import PRUNED, AuditEvent
from entrypoints.http.auth import upkeep
from entrypoints.http.auth.desk import make_desk
from entrypoints.http.auth.upkeep import Housekeeping
from tests.fakes.people import HERE
from tests.fakes.world import World


class Counters(RequestRates):
    """Counters of requests whose database can be away, or which can have a defect."""

    trouble: Exception | None = None

    def exchange(self) -> None:
        if self.trouble is not None:
            raise self.trouble

    def tidy(self) -> None:
        """Nothing to forget."""


AWAY = DatabaseUnavailable("away")


def actions_after(world: World, *, away: range, rounds: int, trouble: Exception = AWAY) -> list[str]:
    """What stands in the trail after so many seconds with an entry of more than a year ago."""
    container = world.container()
    with world.accounts.transaction() as records:
        records.audit.append(AuditEvent(action="old", caller=HERE), world.clock.moment - timedelta(days=366))
    counters = Counters(world.accounts, world.clock)
    house = Housekeeping(make_desk(container.settings(), container.accounts, lambda: counters))
    for second in range(1, rounds + 1):
        counters.trouble = trouble if second in away else None
        house.round()
    with world.accounts.reading() as records:
        return [entry.event.action for entry in records.audit.chain()[0]]


def test_retention_is_kept_a_minute_after_the_start() -> None:
    world = World(settings={"auth": "required"})
    assert actions_after(world, away=range(0), rounds=59) == ["old"]
    world = World(settings={"auth": "required"})
    assert actions_after(world, away=range(0), rounds=60) == [PRUNED]


def test_an_outage_at_that_moment_puts_it_off_for_no_hour() -> None:
    world = World(settings={"auth": "required"})
    assert actions_after(world, away=range(55, 65), rounds=65) == [PRUNED]


@pytest.mark.parametrize(
    ("trouble", "told"),
    [(AWAY, "requests are counted in this process alone"), (ValueError("a defect"), "housekeeping failed")],
)
def test_any_trouble_is_told_once_until_all_is_well_and_ends_nothing(trouble: Exception, told: str) -> None:
    world = World(settings={"auth": "required"})
    with structlog.testing.capture_logs() as logged:
        assert actions_after(world, away=range(55, 65), rounds=65, trouble=trouble) == [PRUNED]
    assert [line["event"] for line in logged] == [told]
    with structlog.testing.capture_logs() as logged:
        house_of_two_troubles(trouble)
    assert [line["event"] for line in logged] == [told, told]


def house_of_two_troubles(trouble: Exception) -> None:
    """One that is mended and comes again."""
    world = World(settings={"auth": "required"})
    container, counters = world.container(), Counters(world.accounts, world.clock)
    house = Housekeeping(make_desk(container.settings(), container.accounts, lambda: counters))
    for now in (trouble, trouble, None, trouble, trouble):
        counters.trouble = now
        house.round()


def test_it_goes_on_while_the_service_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_EXCHANGE_SECONDS", 0.001)
    world = World(settings={"auth": "required"})
    container, rounds = world.container(), Semaphore(0)
    counters = Counters(world.accounts, world.clock)
    monkeypatch.setattr(counters, "exchange", rounds.release)

    async def three_rounds() -> bool:
        async with upkeep.keep_house(make_desk(container.settings(), container.accounts, lambda: counters)):
            return all([await asyncio.to_thread(rounds.acquire, timeout=10) for _ in range(3)])

    assert asyncio.run(three_rounds())
