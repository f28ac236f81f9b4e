"""The catalogue file of the project: complete, sourced, dated and plausible."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.flavors.csv_catalog import CsvFlavorCatalog
from adapters.flavors.csv_rows import COLUMNS
from domain.errors import PriceUnknown
from domain.flavors import Flavor
from domain.sizing import candidates

SHIPPED = Path(__file__).parents[4] / "data" / "flavors.csv"
PRICED = ("aws", "azure", "gcp", "ibm", "oracle")
UNPRICED = ("alibaba", "openstack")


@pytest.fixture(scope="module")
def catalog() -> CsvFlavorCatalog:
    return CsvFlavorCatalog(path=SHIPPED)


@pytest.fixture(scope="module")
def flavors(catalog: CsvFlavorCatalog) -> list[Flavor]:
    return [item for provider in (*PRICED, *UNPRICED) for item in catalog.flavors(provider)]


def test_every_provider_is_there(catalog: CsvFlavorCatalog) -> None:
    assert list(catalog.providers()) == ["generic", *sorted((*PRICED, *UNPRICED))]


def test_every_row_of_the_file_is_loaded_and_none_is_there_twice(flavors: list[Flavor]) -> None:
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert len({(item.provider, item.name, item.region) for item in flavors}) == len(flavors) == len(rows)


def test_rows_are_ordered_by_provider_region_family_and_size() -> None:
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        keys = [
            (row["provider"], row["region"], row["family"], row["arch"], float(row["vcpus"]), float(row["memory_gib"]))
            for row in csv.DictReader(file)
        ]
    assert keys == sorted(keys)


def test_every_row_has_a_source_and_a_date_but_those_known_to_have_none(flavors: list[Flavor]) -> None:
    assert all(len(item.source) > 20 for item in flavors)
    undated = [item for item in flavors if item.as_of is None]
    assert {(item.provider, item.name) for item in undated if item.provider != "openstack"} == {("ibm", "bx2-8x32")}
    assert len([item for item in undated if item.provider == "openstack"]) == 5


@pytest.mark.parametrize("provider", PRICED)
def test_a_priced_provider_has_a_price_on_every_row(catalog: CsvFlavorCatalog, provider: str) -> None:
    assert all(item.price_usd_per_hour is not None for item in catalog.flavors(provider))


@pytest.mark.parametrize("provider", UNPRICED)
def test_a_provider_without_usd_prices_is_listed_but_cannot_be_planned_with(
    catalog: CsvFlavorCatalog, provider: str
) -> None:
    with pytest.raises(PriceUnknown, match=f"{provider}.*FLAVOR_CATALOG_PATH"):
        candidates(catalog.flavors(provider), None)


def test_a_flavor_has_the_same_size_in_every_region(flavors: list[Flavor]) -> None:
    sizes = defaultdict(set)
    for item in flavors:
        sizes[item.provider, item.name].add((item.family, item.arch, item.vcpus, item.memory_gib))
    assert {name: found for name, found in sizes.items() if len(found) > 1} == {}


def test_price_rises_with_size_within_every_series_and_region(flavors: list[Flavor]) -> None:
    """Azure's B series is exempt: it is priced by its base performance, not by its size."""
    groups = defaultdict(list)
    for item in flavors:
        if item.price_usd_per_hour is not None and not item.name.startswith("Standard_B"):
            groups[item.provider, item.region, item.family, series(item)].append(item)
    for group, members in groups.items():
        ordered = sorted(members, key=lambda item: (item.vcpus, item.memory_gib))
        for smaller, larger in pairwise(ordered):
            assert on_demand(smaller) < on_demand(larger), (group, smaller.name, larger.name)
    assert sum(len(members) > 1 for members in groups.values()) > 80


def test_spot_is_never_dearer_than_on_demand(flavors: list[Flavor]) -> None:
    spot = {item: item.spot_usd_per_hour for item in flavors if item.spot_usd_per_hour is not None}
    assert len(spot) > 150
    assert [item.name for item, price in spot.items() if price > on_demand(item)] == []


def test_one_vcpu_hour_costs_between_half_a_cent_and_thirty_cents(flavors: list[Flavor]) -> None:
    """A price in another currency, per month or of a Windows image would fall out of this."""
    per_vcpu = {
        (item.name, item.region): float(item.price_usd_per_hour) / item.vcpus
        for item in flavors
        if item.price_usd_per_hour is not None and item.family != "burstable"
    }
    assert {key: value for key, value in per_vcpu.items() if not 0.005 < value < 0.3} == {}


def on_demand(flavor: Flavor) -> Decimal:
    """The price of a flavor that has one."""
    assert flavor.price_usd_per_hour is not None, flavor.name
    return flavor.price_usd_per_hour


def series(flavor: Flavor) -> str:
    """The flavor's name without what tells its size."""
    if flavor.provider == "aws":
        return flavor.name.partition(".")[0]
    if flavor.provider == "azure":
        return re.sub(r"(?<=Standard_[A-Z])\d+", "", flavor.name)
    if flavor.provider == "gcp":
        return "-".join(flavor.name.split("-")[:2]) if flavor.family != "burstable" else "e2-shared"
    if flavor.provider == "oracle":
        return flavor.name.partition(".Flex.")[0]
    return flavor.name.partition("-")[0]
