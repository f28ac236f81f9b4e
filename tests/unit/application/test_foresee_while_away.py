"""While a history cannot be read, its last window is forecast from once, however often its age is told."""

from __future__ import annotations

from datetime import timedelta

from domain.plan import Outlook
from domain.plan_request import read_plan_request
from domain.reasons import ReasonCode
from tests.fakes.world import World, body


def _texts(outlook: Outlook) -> list[str]:
    return [reason.text for reason in outlook.reasons if reason.code is ReasonCode.SOURCE_UNAVAILABLE]


def test_the_age_is_told_anew_and_the_forecast_is_not_made_anew() -> None:
    world = World()
    world.lives("shop", "avg_cpu", 336)
    foresee = world.container().foresee_load()
    request = read_plan_request(body("shop"))
    before = foresee(request)
    world.history.problem = "it does not answer"
    during = []
    for _ in range(3):
        world.clock.moment += timedelta(minutes=1)
        during.append(foresee(request))
    assert not _texts(before)
    assert [_texts(outlook)[0].partition(", read ")[2] for outlook in during] == ["1 min ago", "2 min ago", "3 min ago"]
    # The same array, not one like it: nothing was worked out again.
    assert all(outlook.weighted is before.weighted for outlook in during)
    assert all(outlook.reasons[1:] == before.reasons for outlook in during)
    assert foresee(request) is during[-1]
    world.history.problem = ""
    assert foresee(request) is before
