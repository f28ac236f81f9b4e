"""What a running service does beside requests: old entries and counters go, also after an outage."""

from __future__ import annotations

from datetime import timedelta

from application.accounts.request_rates import RequestRates
from domain.errors import DatabaseUnavailable
from domain.identity.audit import PRUNED, AuditEvent
from entrypoints.http.auth.desk import make_desk
from entrypoints.http.auth.upkeep import Housekeeping
from tests.fakes.people import HERE
from tests.fakes.world import World


class Counters(RequestRates):
    """Counters of requests whose database can be away."""

    is_away = False

    def exchange(self) -> None:
        if self.is_away:
            raise DatabaseUnavailable("away")

    def tidy(self) -> None:
        """Nothing to forget."""


def actions_after(world: World, *, away: range, rounds: int) -> list[str]:
    """What stands in the trail after so many seconds with an entry of more than a year ago."""
    container = world.container()
    with world.accounts.transaction() as records:
        records.audit.append(AuditEvent(action="old", caller=HERE), world.clock.moment - timedelta(days=366))
    counters = Counters(world.accounts, world.clock)
    house = Housekeeping(make_desk(container.settings(), container.accounts, lambda: counters))
    for second in range(1, rounds + 1):
        counters.is_away = second in away
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
