"""The action an alert suggests fits what its detector saw."""

from __future__ import annotations

import pytest

from domain.alerts.compose import message_of
from domain.plan_request import read_plan_request
from domain.series import HOUR
from tests.fakes.world import NOW, World, body


def action(world: World, **context: object) -> str:
    request = read_plan_request({**body("shop", "requests"), "context": body()["context"] | context})  # type: ignore[operator]
    return message_of(world.container().plan_capacity()(request), None).suggested_action


@pytest.fixture
def world() -> World:
    world = World()
    world.lives("shop", "requests", 336, level=1000.0, swing=100.0)
    return world


@pytest.mark.parametrize(
    ("value", "said"), [(3000.0, "Find out what drives the load"), (0.0, "the load broke off"), (None, "Nothing to do")]
)
def test_what_has_happened_is_nothing_to_prepare_for(world: World, value: float | None, said: str) -> None:
    world.settings["anomaly_detector"] = "observed"
    if value is not None:
        world.history.add("shop", "requests", NOW - HOUR, [value])
    found = action(world)
    assert said in found
    assert "before it" not in found


def test_a_peak_ahead_is_prepared_for(world: World) -> None:
    assert "ready before it" in action(world, weight=1.5)
    assert "within the usual again" in action(world)
