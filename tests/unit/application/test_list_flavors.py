"""Listing flavors over providers, filtered and sorted."""

from __future__ import annotations

import pytest

from application.list_flavors import FlavorOrder, FlavorQuery, list_flavors
from domain.errors import FlavorNotFound
from domain.flavors import FlavorFilter
from tests.fakes.flavor_catalog import FakeFlavorCatalog
from tests.fakes.flavor_rows import a_flavor

CATALOG = FakeFlavorCatalog(
    (
        a_flavor("b", vcpus=8, memory_gib=8, usd_per_hour="0.3"),
        a_flavor("a", vcpus=2, memory_gib=64, usd_per_hour="0.4"),
        a_flavor("c", vcpus=4, memory_gib=16, usd_per_hour=None),
        a_flavor("a", region="south-1", vcpus=2, memory_gib=64, usd_per_hour="0.5"),
        a_flavor("x", provider="other", region="elsewhere"),
        a_flavor("y", provider="home", region="any", vcpus=1, memory_gib=1, usd_per_hour="0.01"),
    )
)


def names(query: FlavorQuery) -> list[str]:
    return [item.name for item in list_flavors(CATALOG, query).flavors]


def test_everything_is_listed_when_nothing_is_asked_for() -> None:
    found = list_flavors(CATALOG, FlavorQuery())
    assert found.matching == len(found.flavors) == 9


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (FlavorOrder.PRICE, ["b", "a", "c"]),
        (FlavorOrder.VCPUS, ["a", "c", "b"]),
        (FlavorOrder.MEMORY, ["b", "c", "a"]),
        (FlavorOrder.NAME, ["a", "b", "c"]),
    ],
)
def test_the_order_asked_for_is_kept_with_unknown_prices_last(order: FlavorOrder, expected: list[str]) -> None:
    assert names(FlavorQuery(provider="acme", region="north-1", order=order)) == expected


def test_a_region_is_looked_for_in_all_providers_and_rows_for_any_region_count() -> None:
    assert names(FlavorQuery(region="south-1", order=FlavorOrder.NAME)) == ["a", "large", "medium", "small", "y"]


def test_a_region_that_no_provider_has_is_refused_naming_all() -> None:
    with pytest.raises(FlavorNotFound, match=r"'mars' is not .*: any, elsewhere, north-1, south-1$"):
        list_flavors(CATALOG, FlavorQuery(region="mars"))


def test_a_region_of_another_provider_is_refused() -> None:
    with pytest.raises(FlavorNotFound, match=r"'elsewhere' of acme .*: north-1, south-1$"):
        list_flavors(CATALOG, FlavorQuery(provider="acme", region="elsewhere"))


def test_filter_and_limit_work_together_and_the_count_ignores_the_limit() -> None:
    found = list_flavors(CATALOG, FlavorQuery(provider="acme", wanted=FlavorFilter(min_memory_gib=16), limit=2))
    assert [(item.name, item.region) for item in found.flavors] == [("a", "north-1"), ("a", "south-1")]
    assert found.matching == 3


def test_nothing_found_is_an_answer() -> None:
    assert list_flavors(CATALOG, FlavorQuery(wanted=FlavorFilter(min_vcpus=1000))).flavors == ()
