"""What is remembered is bounded, and never changes an answer."""

from __future__ import annotations

from datetime import timedelta

from application.recent import Recent
from domain.plan_request import read_plan_request
from tests.fakes.world import NOW, World, body


def test_the_longest_unused_value_is_forgotten_first() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)


def test_a_remembered_plan_is_new_in_nothing_but_request_and_time() -> None:
    world = World()
    world.lives("shop", "avg_cpu", 336)
    plan = world.container().plan_capacity()
    first = plan(read_plan_request(body("shop")))
    world.clock.moment += timedelta(seconds=9)
    again = plan(read_plan_request(body("shop", context_id="other")))
    assert again.outlook is first.outlook
    assert (again.request.context.context_id, again.generated_at) == ("other", world.clock.moment)


def test_new_history_and_other_contexts_are_planned_anew() -> None:
    world = World()
    world.lives("shop", "avg_cpu", 336, level=0.1)
    plan = world.container().plan_capacity()
    before = plan(read_plan_request(body("shop")))
    heavier = plan(read_plan_request(body("shop", weight=5)))
    riskier = plan(read_plan_request(body("shop", risk=0.2)))
    assert heavier.outlook.median.mean() > before.outlook.median.mean()
    assert riskier.choice.need != before.choice.need
    world.history.add("shop", "avg_cpu", NOW - timedelta(hours=24), [0.9] * 24)
    after = plan(read_plan_request(body("shop")))
    assert after.outlook.history_digest != before.outlook.history_digest
    assert after.outlook.median.mean() > before.outlook.median.mean()
