"""Plans for the services of a repository: history where there is one, else the profile; today's declaration beside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from dependency_injector import providers

from domain.context import ServiceType
from domain.errors import InvalidRequest, RegionRequired
from domain.ports.metric_history import HistoryScope
from domain.reasons import ReasonCode
from domain.repository.known import ServiceKind
from domain.repository.planned import Basis, PlanningWishes, RepositoryPlan, ServicePlan, Verdict
from domain.repository.profile import Amounts, RepositoryProfile, ServiceProfile
from tests.fakes.flavor_rows import a_flavor
from tests.fakes.metric_history import InMemoryMetricHistory
from tests.fakes.world import NOW, World

WISHES = PlanningWishes(timestamp=NOW - timedelta(minutes=30), risk=0.01)
LARGE = Amounts(cpu_limit_vcpus=4.0, memory_limit_gib=8.0)
SMALL = Amounts(cpu_limit_vcpus=0.5, memory_limit_gib=0.5)
API = ServiceProfile(name="api", kind=ServiceKind.API, declared=LARGE)


def plan(world: World, *profiles: ServiceProfile, wishes: PlanningWishes = WISHES) -> RepositoryPlan:
    return world.container().plan_repository()(RepositoryProfile(services=profiles, findings=()), wishes)


def one(world: World, profile: ServiceProfile, wishes: PlanningWishes = WISHES) -> ServicePlan:
    (item,) = plan(world, profile, wishes=wishes).services
    return item


def lived(hours: int, level: float = 0.3, service: str = "api") -> World:
    world = World()
    world.lives(service, "avg_cpu", hours, level=level, swing=level / 4)
    world.lives(service, "avg_memory", hours, level=level, swing=0.01)
    return world


def codes(item: ServicePlan) -> set[ReasonCode]:
    assert item.plan is not None
    return {reason.code for reason in item.plan.reasons}


def test_a_service_with_history_gets_the_normal_plan() -> None:
    item = one(lived(336), API)
    assert item.plan is not None
    assert (item.basis, item.observed_hours) == (Basis.HISTORY, 336)
    assert item.plan.outlook.model_version.endswith("_statistical")
    assert item.plan.request.metric_name == "avg_cpu"
    assert ReasonCode.COLD_START not in codes(item)


def test_a_service_without_history_is_marked_a_fallback_and_says_what_it_rests_on() -> None:
    item = one(World(), API)
    assert item.plan is not None
    assert (item.basis, item.observed_hours) == (Basis.PRIOR, 0)
    assert item.plan.outlook.model_version.endswith("_fallback")
    assert {ReasonCode.NO_HISTORY, ReasonCode.COLD_START} <= codes(item)
    assert "4 vCPUs declared" in item.plan.notes


def test_less_than_a_day_of_history_is_joined_with_the_profile() -> None:
    item = one(lived(8, level=0.9), API)
    assert item.plan is not None
    assert (item.basis, item.observed_hours) == (Basis.SHORT_HISTORY, 8)
    assert item.plan.outlook.model_version.endswith("_statistical")
    # 0.9 of 4 vCPUs in the morning, in vCPUs; the afternoon of an api is busier.
    assert 3.0 < float(item.plan.outlook.median.mean()) < 5.0
    assert ReasonCode.SHORT_HISTORY in codes(item)


def test_the_past_of_a_whole_cluster_is_nobody_s_own() -> None:
    world = World(history=InMemoryMetricHistory(scope=HistoryScope.CLUSTER))
    world.lives("api", "avg_cpu", 336)
    assert one(world, API).basis is Basis.PRIOR


def test_history_may_call_services_by_a_prefix() -> None:
    world = lived(336, service="shop-api")
    assert one(world, API).basis is Basis.PRIOR
    assert one(world, API, replace(WISHES, prefix="shop-")).basis is Basis.HISTORY


def test_busy_siblings_raise_what_is_expected_of_a_new_service() -> None:
    new = ServiceProfile(name="new", kind=ServiceKind.API, declared=LARGE)
    (_, beside_busy) = plan(lived(336, level=0.8), API, new).services
    (_, beside_idle) = plan(lived(336, level=0.01), API, new).services
    assert beside_busy.plan is not None
    assert beside_idle.plan is not None
    assert beside_busy.plan.outlook.median.mean() > beside_idle.plan.outlook.median.mean()


@pytest.mark.parametrize(
    ("kind", "nearest"),
    [(ServiceKind.WORKER, ServiceType.API), (ServiceKind.CACHE, ServiceType.DB), (ServiceKind.WEB, ServiceType.WEB)],
)
def test_kinds_beyond_the_contract_are_planned_as_the_nearest_and_say_so(
    kind: ServiceKind, nearest: ServiceType
) -> None:
    item = one(World(), replace(API, kind=kind))
    assert item.plan is not None
    assert item.plan.request.context.service_type is nearest
    assert (ReasonCode.KIND_MAPPED in codes(item)) is (kind.value != nearest.value)


def test_a_schedule_is_not_taken_for_less_cost() -> None:
    item = one(World(), replace(API, schedule="0 2 * * *"))
    assert item.plan is not None
    assert "as if it ran all day" in item.plan.notes


def test_over_provisioned_tells_the_money() -> None:
    item = one(lived(336, level=0.1), API)
    assert item.comparison is not None
    assert item.comparison.verdict is Verdict.OVER
    assert item.comparison.declared_flavor is not None
    assert item.comparison.declared_flavor.name == "large"
    assert float(item.comparison.change_usd_per_day or 0) == pytest.approx(1.2 - 5.5)
    assert "less" in item.comparison.text


def test_under_provisioned_tells_the_risk() -> None:
    world = World()
    world.lives("api", "cpu_cores", 336, level=1.5, swing=0.3)
    world.lives("api", "memory_gib", 336, level=0.3, swing=0.01)
    item = one(world, replace(API, declared=SMALL))
    assert item.comparison is not None
    assert item.comparison.verdict is Verdict.UNDER
    assert (item.comparison.cpu_share_over or 0) > 0.9


def test_what_is_not_declared_is_not_compared() -> None:
    item = one(World(), replace(API, declared=Amounts()))
    assert item.comparison is not None
    assert (item.comparison.verdict, item.comparison.change_usd_per_day) == (Verdict.UNKNOWN, None)
    assert ReasonCode.CAPACITY_ASSUMED in codes(item)


def test_replicas_multiply_the_cost_and_share_the_load() -> None:
    item = one(World(), replace(API, replicas=3))
    assert item.plan is not None
    assert item.plan.cost_usd_per_day == 3 * item.plan.choice.flavor.price_usd_per_hour * 24  # type: ignore[operator]


def test_a_service_that_no_flavor_carries_says_so_and_the_others_are_planned() -> None:
    world = World(flavors=[a_flavor(provider="aws", name="tiny", vcpus=1.0, memory_gib=2.0, region="us-east-1")])
    wishes = replace(WISHES, provider="aws", region="us-east-1")
    giant = replace(API, name="giant", declared=Amounts(cpu_limit_vcpus=64.0, memory_limit_gib=512.0))
    (small, refused) = plan(world, replace(API, declared=SMALL), giant, wishes=wishes).services
    assert small.plan is not None
    assert refused.plan is None
    assert refused.refusal is not None
    assert refused.refusal.code == "no_flavor_fits"


def test_a_provider_needs_a_region_and_must_be_known() -> None:
    with pytest.raises(RegionRequired):
        plan(World(), API, wishes=replace(WISHES, provider="aws"))
    with pytest.raises(InvalidRequest, match="nowhere"):
        plan(World(), API, wishes=replace(WISHES, provider="nowhere", region="x"))


def test_a_history_that_touched_its_capacity_asks_for_more() -> None:
    item = one(lived(5, level=1.0), replace(API, declared=Amounts(cpu_limit_vcpus=1.0, memory_limit_gib=2.0)))
    assert item.plan is not None
    assert ReasonCode.SATURATED in codes(item)
    assert item.plan.choice.flavor.vcpus > 1.0


def test_a_source_that_is_down_leaves_the_profile_and_says_so() -> None:
    world = World()
    world.history.problem = "the file is gone"
    container = world.container()
    container.history.override(providers.Object(world.history))
    item = one(world, API)
    assert item.basis is Basis.PRIOR
    assert ReasonCode.SOURCE_UNAVAILABLE in codes(item)
