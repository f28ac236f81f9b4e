"""Before and after of the same service: load, size, cost and risk move together."""

from __future__ import annotations

import numpy as np
import pytest

from application.what_if import WhatIfAnswer
from domain.errors import NoFlavorFits
from domain.metrics import Resource
from domain.what_if import read_what_if_request
from tests.fakes.flavor_rows import a_flavor
from tests.fakes.world import World, body


@pytest.fixture
def world() -> World:
    world = World()
    world.lives("shop", "avg_cpu", 336, level=0.3, swing=0.1)
    world.lives("shop", "requests", 336, level=1000.0, swing=200.0)
    world.lives("wide", "cpu_cores", 336, level=6.0, swing=2.0)
    for name, vcpus, price in (("s", 2, "0.10"), ("m", 4, "0.20"), ("l", 8, "0.40")):
        for provider, region, factor in (("aws", "eu", 1), ("azure", "we", 2)):
            world.flavors.append(
                a_flavor(
                    name, provider=provider, region=region, vcpus=float(vcpus), memory_gib=vcpus * 4.0,
                    usd_per_hour=str(float(price) * factor),
                )
            )  # fmt: skip
    return world


def compare(world: World, changes: dict[str, object], service: str = "shop", metric: str = "avg_cpu") -> WhatIfAnswer:
    context = {"capacity": {"vcpus": 4, "memory_gib": 16}, "replicas": 2, "provider": "aws", "region": "eu"}
    raw = body(service, metric, **context) | {"changes": changes}
    return world.container().what_if()(read_what_if_request(raw))


def test_three_times_the_users_need_three_times_the_cpu(world: World) -> None:
    answer = compare(world, {"users_factor": 3})
    assert answer.now.need_vcpus is not None
    assert answer.then.need_vcpus == pytest.approx(3 * answer.now.need_vcpus, rel=1e-3)
    assert (answer.now.flavor.name, answer.then.flavor.name) == ("s", "l")
    assert float(answer.then.cost_usd_per_day) == pytest.approx(0.40 * 24 * 2)
    assert np.allclose(answer.after.outlook.weighted, 3 * answer.before.outlook.weighted)


def test_keeping_today_s_size_shows_the_risk_of_it(world: World) -> None:
    answer = compare(world, {"users_factor": 3})
    assert (answer.unchanged.flavor, answer.unchanged.replicas) == (answer.now.flavor, answer.now.replicas)
    assert answer.unchanged.cost_usd_per_day == answer.now.cost_usd_per_day
    assert answer.now.cpu_share_over is not None
    assert answer.now.cpu_share_over <= 0.01
    assert answer.unchanged.cpu_share_over is not None
    assert answer.unchanged.cpu_share_over > 0.9
    assert answer.then.cpu_share_over is not None
    assert answer.then.cpu_share_over <= 0.01
    assert answer.then.memory_share_over is None


@pytest.mark.parametrize("metric", ["avg_cpu", "requests"])
def test_as_many_replicas_more_as_users_leave_each_replica_as_it_was(world: World, metric: str) -> None:
    answer = compare(world, {"users_factor": 3, "replicas": 6}, metric=metric)
    assert answer.then.flavor == answer.now.flavor
    assert answer.then.cost_usd_per_day == 3 * answer.now.cost_usd_per_day
    assert answer.then.need_vcpus == pytest.approx(answer.now.need_vcpus)


def test_a_share_of_capacity_falls_with_more_replicas_and_a_count_does_not(world: World) -> None:
    share, count = (compare(world, {"replicas": 4}, metric=metric) for metric in ("avg_cpu", "requests"))
    assert np.allclose(share.after.outlook.weighted, share.before.outlook.weighted / 2)
    assert np.allclose(count.after.outlook.weighted, count.before.outlook.weighted)
    assert share.then.need_vcpus == pytest.approx(count.then.need_vcpus)


def test_an_amount_is_spread_over_the_replicas_there_would_be(world: World) -> None:
    answer = compare(world, {"replicas": 4}, service="wide", metric="cpu_cores")
    assert answer.now.need_vcpus is not None
    assert answer.then.need_vcpus == pytest.approx(answer.now.need_vcpus / 2, rel=1e-6)


def test_another_provider_carries_the_same_load_at_its_own_price(world: World) -> None:
    answer = compare(world, {"provider": "azure", "region": "we"})
    assert answer.then.flavor.provider == "azure"
    assert answer.then.need_vcpus == answer.now.need_vcpus
    assert answer.then.cost_usd_per_day == 2 * answer.now.cost_usd_per_day


def test_more_risk_needs_less(world: World) -> None:
    answer = compare(world, {"risk": 0.3})
    assert answer.now.need_vcpus is not None
    assert answer.then.need_vcpus is not None
    assert answer.then.need_vcpus < answer.now.need_vcpus


def test_a_load_that_nothing_carries_is_refused_with_the_need(world: World) -> None:
    with pytest.raises(NoFlavorFits) as caught:
        compare(world, {"users_factor": 30})
    assert caught.value.vcpus is not None
    assert caught.value.vcpus > 8


def test_a_saturated_history_stays_beyond_its_capacity(world: World) -> None:
    world.lives("full", "avg_cpu", 336, level=0.8, swing=0.2)
    answer = compare(world, {"replicas": 4}, service="full")
    before, after = (plan.outlook.demands[Resource.CPU].saturated_at for plan in (answer.before, answer.after))
    assert (before, after) == (4.0, 2.0)


def test_the_plan_as_things_are_is_not_touched(world: World) -> None:
    container = world.container()
    plain = body("shop", "avg_cpu")
    first = container.what_if()(read_what_if_request(plain | {"changes": {"users_factor": 5}}))
    again = container.what_if()(read_what_if_request(plain | {"changes": {"users_factor": 5}}))
    assert again.before.outlook is first.before.outlook
    assert again.then.cost_usd_per_day == first.then.cost_usd_per_day
    assert np.array_equal(again.after.outlook.weighted, first.after.outlook.weighted)
