"""What every `FlavorCatalog` must do, asked of the fake and of the CSV adapter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.flavors.csv_catalog import CsvFlavorCatalog
from domain.errors import FlavorNotFound
from domain.flavors import Flavor
from domain.ports.flavor_catalog import FlavorCatalog
from tests.fakes.flavor_catalog import FakeFlavorCatalog
from tests.fakes.flavor_rows import a_flavor, as_csv

MakeCatalog = Callable[[Iterable[Flavor]], FlavorCatalog]

ROWS = (
    a_flavor("m.xlarge", vcpus=4, memory_gib=16, region="north-1"),
    a_flavor("m.large", vcpus=2, memory_gib=8, region="south-1", usd_per_hour="0.12"),
    a_flavor("m.large", vcpus=2, memory_gib=8, region="north-1"),
    a_flavor("c.large", vcpus=2, memory_gib=4, region="north-1"),
    a_flavor("s1", provider="mixed", vcpus=1, memory_gib=1, region="any", usd_per_hour="0.01"),
    a_flavor("s2", provider="mixed", vcpus=2, memory_gib=2, region="any", usd_per_hour="0.02"),
    a_flavor("s1", provider="mixed", vcpus=1, memory_gib=1, region="west", usd_per_hour="0.03"),
    a_flavor("cloudlet", provider="home", vcpus=1, memory_gib=2, region="any", usd_per_hour=None, as_of=None),
)


@pytest.fixture(params=["fake", "csv"])
def make_catalog(request: pytest.FixtureRequest, tmp_path: Path) -> MakeCatalog:
    """A catalogue of the given rows."""
    if request.param == "fake":
        return FakeFlavorCatalog

    def from_file(rows: Iterable[Flavor]) -> FlavorCatalog:
        path = tmp_path / "flavors.csv"
        path.write_text(as_csv(rows), encoding="utf-8")
        return CsvFlavorCatalog(path=path)

    return from_file


@pytest.fixture
def catalog(make_catalog: MakeCatalog) -> FlavorCatalog:
    return make_catalog(ROWS)


def test_providers_are_sorted_with_generic_first(catalog: FlavorCatalog) -> None:
    assert list(catalog.providers()) == ["generic", "acme", "home", "mixed"]


def test_a_region_answers_with_its_rows_smallest_first(catalog: FlavorCatalog) -> None:
    assert [item.name for item in catalog.flavors("acme", "north-1")] == ["c.large", "m.large", "m.xlarge"]
    assert {item.region for item in catalog.flavors("acme", "north-1")} == {"north-1"}


def test_without_a_region_all_regions_answer(catalog: FlavorCatalog) -> None:
    found = [(item.name, item.region) for item in catalog.flavors("acme")]
    assert found == [("c.large", "north-1"), ("m.large", "north-1"), ("m.large", "south-1"), ("m.xlarge", "north-1")]


def test_rows_come_back_as_they_went_in(catalog: FlavorCatalog) -> None:
    assert set(catalog.flavors("acme")) == {row for row in ROWS if row.provider == "acme"}


def test_rows_for_any_region_answer_for_every_region(catalog: FlavorCatalog) -> None:
    assert [item.name for item in catalog.flavors("mixed", "nowhere-9")] == ["s1", "s2"]


def test_a_row_of_the_region_itself_goes_before_the_one_for_any(catalog: FlavorCatalog) -> None:
    found = {item.name: item.price_usd_per_hour for item in catalog.flavors("mixed", "west")}
    assert found == {"s1": Decimal("0.03"), "s2": Decimal("0.02")}


def test_an_unknown_price_or_date_is_none_and_not_zero(catalog: FlavorCatalog) -> None:
    (cloudlet,) = catalog.flavors("home", "basement")
    assert cloudlet.price_usd_per_hour is None
    assert cloudlet.price_usd_per_day is None
    assert cloudlet.as_of is None


def test_an_unknown_provider_is_refused_naming_those_that_exist(catalog: FlavorCatalog) -> None:
    with pytest.raises(FlavorNotFound, match=r"'acne'.*: acme, generic, home, mixed$"):
        catalog.flavors("acne")


def test_an_unknown_region_is_refused_naming_those_of_the_provider(catalog: FlavorCatalog) -> None:
    with pytest.raises(FlavorNotFound, match=r"'west' of acme .*: north-1, south-1$"):
        catalog.flavors("acme", "west")


@pytest.mark.parametrize("region", [None, "any", "north-1"])
def test_the_generic_catalogue_is_always_there_with_its_day_prices(catalog: FlavorCatalog, region: str | None) -> None:
    found = [
        (item.name, item.vcpus, item.memory_gib, item.price_usd_per_day) for item in catalog.flavors("generic", region)
    ]
    assert found == [
        ("small", 1, 2, Decimal("1.2")),
        ("medium", 2, 4, Decimal("2.8")),
        ("large", 4, 8, Decimal("5.5")),
    ]


def test_a_caller_cannot_change_the_catalogue(catalog: FlavorCatalog) -> None:
    assert isinstance(catalog.flavors("acme", "north-1"), tuple)
    assert isinstance(catalog.flavors("acme"), tuple)
    assert isinstance(catalog.providers(), tuple)
