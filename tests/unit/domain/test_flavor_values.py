"""Flavors: exact day prices, discounts, filters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PriceUnknown
from domain.flavors import ARCHITECTURES, FAMILIES, GENERIC_FLAVORS, Flavor, FlavorFilter
from domain.sizing import candidates, cost_per_day
from tests.fakes.flavor_rows import a_flavor

PRICES = st.decimals(min_value=Decimal("1e-12"), max_value=Decimal(10**9), places=12, allow_nan=False)
PERCENTS = st.floats(min_value=0, max_value=100, exclude_max=True)


@pytest.mark.parametrize(("name", "day"), [("small", "1.2"), ("medium", "2.8"), ("large", "5.5")])
def test_a_generic_day_costs_exactly_what_the_design_says(name: str, day: str) -> None:
    flavor = next(item for item in GENERIC_FLAVORS if item.name == name)
    assert cost_per_day(flavor, 1) == Decimal(day)
    assert cost_per_day(flavor, 3) == 3 * Decimal(day)
    assert float(cost_per_day(flavor, 1)) == float(day)


@pytest.mark.parametrize("name", ["small", "medium", "large"])
def test_24_generic_hours_add_up_to_the_day_as_a_number(name: str) -> None:
    flavor = next(item for item in GENERIC_FLAVORS if item.name == name)
    hour, day = flavor.price_usd_per_hour, flavor.price_usd_per_day
    assert hour is not None
    assert day is not None
    assert float(sum([hour] * 24, Decimal(0))) == float(day)


def test_generic_flavors_carry_source_and_date() -> None:
    assert all(item.source and item.as_of for item in GENERIC_FLAVORS)


@given(price=PRICES)
def test_a_day_of_any_listed_price_is_24_hours_of_it(price: Decimal) -> None:
    assert a_flavor(usd_per_hour=str(price)).price_usd_per_day == price * 24


def test_a_discount_comes_off_the_on_demand_price_only() -> None:
    cheaper = a_flavor(usd_per_hour="0.2", spot_usd_per_hour="0.05").discounted(12.5)
    assert cheaper.price_usd_per_hour == Decimal("0.175")
    assert cheaper.price_usd_per_day == Decimal("4.2")
    assert cheaper.spot_usd_per_hour == Decimal("0.05")
    assert cheaper.discount_percent == Decimal("12.5")


def test_a_discount_is_taken_as_written_not_as_a_binary_fraction() -> None:
    assert a_flavor(usd_per_hour="1").discounted(12.3).price_usd_per_hour == Decimal("0.877")


@given(price=PRICES, percent=PERCENTS)
def test_a_discounted_price_is_above_zero_and_never_dearer(price: Decimal, percent: float) -> None:
    cheaper = a_flavor(usd_per_hour=str(price)).discounted(percent)
    assert cheaper.price_usd_per_hour is not None
    assert cheaper.price_usd_per_day is not None
    assert 0 < cheaper.price_usd_per_hour <= price
    assert cheaper.price_usd_per_day > 0


@given(percent=PERCENTS)
def test_a_discount_never_makes_an_unknown_price_known(percent: float) -> None:
    unknown = a_flavor(usd_per_hour=None).discounted(percent)
    assert unknown.price_usd_per_hour is None
    assert unknown.price_usd_per_day is None
    assert unknown.discount_percent == 0


@pytest.mark.parametrize("percent", [-0.1, 100, 250, float("nan"), float("inf")])
def test_a_discount_out_of_range_is_refused(percent: float) -> None:
    with pytest.raises(ValueError, match="below 100 percent"):
        a_flavor().discounted(percent)


@pytest.mark.parametrize(
    ("flavor", "words"),
    [
        (a_flavor(as_of=date(2026, 7, 20)), "price as of 2026-07-20, on-demand"),
        (a_flavor(as_of=None), "price as of an unstated date, on-demand"),
        (a_flavor().discounted(12.5), "price as of 2026-06-01, on-demand, less 12.5 % discount"),
        (a_flavor().discounted(20), "price as of 2026-06-01, on-demand, less 20 % discount"),
    ],
)
def test_the_basis_of_a_price_names_date_and_discount(flavor: Flavor, words: str) -> None:
    assert flavor.price_basis == words


@pytest.mark.parametrize(
    ("wanted", "accepted"),
    [
        (FlavorFilter(), True),
        (FlavorFilter(families=frozenset({"general", "memory"})), True),
        (FlavorFilter(families=frozenset({"memory"})), False),
        (FlavorFilter(architectures=frozenset({"x86_64"})), True),
        (FlavorFilter(architectures=frozenset({"arm64"})), False),
        (FlavorFilter(min_vcpus=2, max_vcpus=2, min_memory_gib=8, max_memory_gib=8), True),
        (FlavorFilter(min_vcpus=2.5), False),
        (FlavorFilter(max_vcpus=1.5), False),
        (FlavorFilter(min_memory_gib=8.5), False),
        (FlavorFilter(max_memory_gib=7.5), False),
        (FlavorFilter(max_usd_per_hour=Decimal("0.1")), True),
        (FlavorFilter(max_usd_per_hour=Decimal("0.0999")), False),
    ],
)
def test_a_filter_accepts_what_is_within_its_inclusive_bounds(wanted: FlavorFilter, accepted: bool) -> None:
    assert wanted.accepts(a_flavor(vcpus=2, memory_gib=8, usd_per_hour="0.1")) is accepted


def test_an_unknown_price_is_not_below_any_limit() -> None:
    assert not FlavorFilter(max_usd_per_hour=Decimal(1000)).accepts(a_flavor(usd_per_hour=None))


@pytest.mark.parametrize(
    ("current", "families", "arch"),
    [
        (None, {"general", "compute", "memory"}, "x86_64"),
        (a_flavor(arch="arm64"), {"general", "compute", "memory"}, "arm64"),
        (a_flavor(family="burstable"), set(FAMILIES), "x86_64"),
        (a_flavor(family="burstable", arch="arm64"), set(FAMILIES), "arm64"),
    ],
)
def test_a_replacement_keeps_the_architecture_and_is_burstable_only_for_burstable(
    current: Flavor | None, families: set[str], arch: str
) -> None:
    rows = [a_flavor(f"{family}-{kind}", family=family, arch=kind) for family in FAMILIES for kind in ARCHITECTURES]
    accepted = {(item.family, item.arch) for item in rows if FlavorFilter.replacing(current).accepts(item)}
    assert accepted == {(family, arch) for family in families}


def test_candidates_without_any_price_are_refused_naming_the_setting() -> None:
    with pytest.raises(PriceUnknown, match=r"acme.*FLAVOR_CATALOG_PATH"):
        candidates([a_flavor(usd_per_hour=None), a_flavor("b.large", family="burstable")], None)
