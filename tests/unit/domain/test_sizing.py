"""The cheapest flavor that covers both needs at the accepted risk."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import NoFlavorFits, PriceUnknown
from domain.flavors import GENERIC_FLAVORS, Flavor
from domain.metrics import Resource
from domain.sizing import (
    Demand,
    Need,
    alternatives,
    candidates,
    choose_flavor,
    cost_per_day,
    day_need,
    hour_needs,
)


def flavor(name: str, vcpus: float, memory_gib: float, price: str | None, **fields: str) -> Flavor:
    """A flavor of a test provider."""
    family, arch = fields.get("family", "general"), fields.get("arch", "x86_64")
    return Flavor(
        provider="acme", name=name, vcpus=vcpus, memory_gib=memory_gib, region="r1", source="test",
        price_usd_per_hour=None if price is None else Decimal(price), as_of=date(2026, 1, 1), family=family, arch=arch,
    )  # fmt: skip


CATALOG = [
    flavor("c2", 2, 4, "0.10"), flavor("g2", 2, 8, "0.12"), flavor("m2", 2, 16, "0.16"),
    flavor("c4", 4, 8, "0.20"), flavor("g4", 4, 16, "0.24"), flavor("g8", 8, 32, "0.48"),
    flavor("b2", 2, 8, "0.05", family="burstable"), flavor("a2", 2, 8, "0.08", arch="arm64"),
]  # fmt: skip


def demand(resource: Resource, level: float, saturated_at: float | None = None) -> Demand:
    """The same certain demand in every hour."""
    return Demand(resource=resource, quantiles=np.full((24, 7), level), origin="test", saturated_at=saturated_at)


def both(cpu: float, memory: float) -> dict[Resource, Demand]:
    """Certain demand on both resources."""
    return {Resource.CPU: demand(Resource.CPU, cpu), Resource.MEMORY: demand(Resource.MEMORY, memory)}


@pytest.mark.parametrize("resource", list(Resource))
def test_the_smallest_risk_there_is_still_has_a_size(resource: Resource) -> None:
    rising = np.linspace(1.0, 2.0, 7) + np.arange(24)[:, None] / 24
    asked = Demand(resource=resource, quantiles=rising, origin="test")
    least, small = 5e-324, 1e-9
    assert asked.for_day(small) < asked.for_day(least) < np.inf
    assert (asked.for_hours(small) < asked.for_hours(least)).all()
    assert np.isfinite(asked.for_hours(least)).all()


@pytest.mark.parametrize(
    ("cpu", "memory", "expected"),
    [(0.5, 1, "c2"), (2.0, 4.0, "c2"), (2.01, 4, "c4"), (1, 6, "g2"), (1, 12, "m2"), (3, 12, "g4"), (1, 20, "g8")],
)
def test_the_cheapest_that_covers_both_is_chosen(cpu: float, memory: float, expected: str) -> None:
    chosen = choose_flavor(day_need(both(cpu, memory), 0.01), candidates(CATALOG, None), "acme")
    assert chosen.flavor.name == expected


def test_an_unknown_resource_does_not_bound_the_size() -> None:
    need = day_need({Resource.CPU: demand(Resource.CPU, 3.0)}, 0.01)
    assert (need.memory_gib, choose_flavor(need, candidates(CATALOG, None), "acme").flavor.name) == (None, "c4")


def test_of_equal_prices_the_smaller_is_chosen() -> None:
    catalog = [flavor("big", 4, 8, "0.1"), flavor("small", 2, 8, "0.1"), flavor("tiny", 2, 4, "0.1")]
    assert choose_flavor(Need(vcpus=1.0), candidates(catalog, None), "acme").flavor.name == "tiny"


def test_candidates_follow_the_current_flavor() -> None:
    assert [item.name for item in candidates(CATALOG, None)] == ["c2", "g2", "m2", "c4", "g4", "g8"]
    assert [item.name for item in candidates(CATALOG, CATALOG[7])] == ["a2"]
    assert "b2" in [item.name for item in candidates(CATALOG, CATALOG[6])]


def test_generic_sizes_stand_for_any_architecture() -> None:
    assert len(candidates(GENERIC_FLAVORS, CATALOG[7])) == 3


def test_memory_is_held_to_a_tenth_of_the_risk() -> None:
    rising = np.tile(np.array([1.0, 2, 3, 4, 5, 6, 7]), (24, 1))
    demands = {kind: Demand(resource=kind, quantiles=rising, origin="test") for kind in Resource}
    need = day_need(demands, 0.01)
    assert need.vcpus == pytest.approx(7.0, rel=0.01)
    assert need.memory_gib == pytest.approx(7.0 + np.log(10) / np.log(5), rel=0.01)


def test_a_saturated_history_asks_for_more_than_the_present_capacity() -> None:
    need = day_need({Resource.CPU: demand(Resource.CPU, 1.0, saturated_at=2.0)}, 0.01)
    assert choose_flavor(need, candidates(CATALOG, None), "acme").flavor.name == "c4"


def test_nothing_that_large_says_what_is_needed() -> None:
    with pytest.raises(NoFlavorFits, match="9 vCPUs and 1 GiB") as caught:
        choose_flavor(day_need(both(9, 1), 0.01), candidates(CATALOG, None), "acme")
    assert (caught.value.vcpus, caught.value.memory_gib) == (9.0, 1.0)


def test_beyond_the_generic_catalogue_the_largest_answers_and_says_so() -> None:
    chosen = choose_flavor(Need(vcpus=9.0), candidates(GENERIC_FLAVORS, None), "generic")
    assert (chosen.flavor.name, chosen.beyond_largest) == ("large", True)


def test_an_unpriced_flavor_is_never_chosen_nor_free() -> None:
    mixed = [flavor("free?", 2, 4, None), *CATALOG]
    assert "free?" not in [item.name for item in candidates(mixed, None)]
    with pytest.raises(PriceUnknown, match="FLAVOR_CATALOG_PATH"):
        candidates([flavor("free?", 2, 4, None)], None)
    with pytest.raises(PriceUnknown, match="FLAVOR_CATALOG_PATH"):
        cost_per_day(flavor("free?", 2, 4, None), 1)


def test_cost_is_price_times_24_times_replicas() -> None:
    assert cost_per_day(CATALOG[0], 3) == Decimal("7.20")
    assert cost_per_day(GENERIC_FLAVORS[1], 1) == Decimal("2.8")


def test_each_hour_is_sized_by_its_own_distribution() -> None:
    quantiles = np.full((24, 7), 1.0)
    quantiles[12] = 3.0
    needs = hour_needs({Resource.CPU: Demand(resource=Resource.CPU, quantiles=quantiles, origin="test")}, 0.01, 24)
    assert [need.vcpus for need in needs] == [1.0] * 12 + [3.0] + [1.0] * 11


def test_the_risk_cost_curve_rises_in_cost_and_falls_in_risk() -> None:
    quantiles = np.tile(np.array([1.0, 1.5, 2, 2.5, 3.5, 4.5, 7]), (24, 1))
    demands = {kind: Demand(resource=kind, quantiles=quantiles, origin="test") for kind in Resource}
    curve = alternatives(demands, candidates(CATALOG, None), replicas=2)
    costs = [item.cost_usd_per_day for item in curve]
    assert costs == sorted(costs)
    assert costs[0] == cost_per_day(CATALOG[0], 2)
    cpu_over = [item.cpu_share_over for item in curve]
    assert cpu_over == sorted(cpu_over, key=lambda share: share or 0.0, reverse=True)
    assert cpu_over[-1] != cpu_over[0]
    # The dearer one of two that carry the same is not worth showing.
    assert all(item.flavor.name != "m2" for item in alternatives(both(1, 1), candidates(CATALOG, None), 1))


@given(st.floats(0, 8), st.floats(0, 32), st.floats(0.001, 0.5))
def test_the_choice_covers_the_need_and_nothing_cheaper_does(cpu: float, memory: float, risk: float) -> None:
    ordered = candidates(CATALOG, None)
    chosen = choose_flavor(day_need(both(cpu, memory), risk), ordered, "acme").flavor
    assert chosen.vcpus >= cpu * (1 - 1e-6)
    assert chosen.memory_gib >= memory * (1 - 1e-6)
    cheaper = ordered[: ordered.index(chosen)]
    assert all(item.vcpus < cpu * (1 + 1e-6) or item.memory_gib < memory * (1 + 1e-6) for item in cheaper)
