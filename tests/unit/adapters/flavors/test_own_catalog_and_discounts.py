"""An operator's own catalogue over the shipped one, and discounts per provider."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.flavors.csv_catalog import CsvFlavorCatalog
from domain.errors import ConfigurationError, InvalidData
from domain.flavors import Flavor
from tests.fakes.flavor_rows import HEADER, a_flavor, as_csv

SHIPPED = (
    a_flavor("m.large", usd_per_hour="0.1", spot_usd_per_hour="0.04"),
    a_flavor("m.large", usd_per_hour="0.12", region="south-1"),
    a_flavor("m1.small", provider="openstack", region="any", vcpus=1, memory_gib=2, usd_per_hour=None, as_of=None),
)


def a_catalog(
    folder: Path, own: tuple[Flavor, ...] | None = None, discounts: Mapping[str, float] | None = None
) -> CsvFlavorCatalog:
    shipped, own_path = folder / "shipped.csv", folder / "own.csv"
    shipped.write_text(as_csv(SHIPPED), encoding="utf-8")
    if own is not None:
        own_path.write_text(as_csv(own), encoding="utf-8")
    return CsvFlavorCatalog(path=shipped, own_path=own_path if own is not None else None, discounts=discounts)


def price(catalog: CsvFlavorCatalog, provider: str, region: str, name: str) -> Decimal | None:
    return next(item.price_usd_per_hour for item in catalog.flavors(provider, region) if item.name == name)


def test_an_own_row_replaces_the_shipped_one_of_the_same_flavor_and_region(tmp_path: Path) -> None:
    catalog = a_catalog(tmp_path, own=(a_flavor("m.large", usd_per_hour="0.07"),))
    assert price(catalog, "acme", "north-1", "m.large") == Decimal("0.07")
    assert price(catalog, "acme", "south-1", "m.large") == Decimal("0.12")


def test_own_rows_add_providers_regions_and_flavors(tmp_path: Path) -> None:
    own = (a_flavor("z9", provider="homelab", region="any"), a_flavor("m.huge", region="east-1", vcpus=64))
    catalog = a_catalog(tmp_path, own=own)
    assert list(catalog.providers()) == ["generic", "acme", "homelab", "openstack"]
    assert [item.name for item in catalog.flavors("acme", "east-1")] == ["m.huge"]


def test_own_prices_make_a_provider_without_prices_usable(tmp_path: Path) -> None:
    priced = a_flavor("m1.small", provider="openstack", region="any", vcpus=1, memory_gib=2, usd_per_hour="0.02")
    catalog = a_catalog(tmp_path, own=(priced,))
    assert price(catalog, "openstack", "RegionOne", "m1.small") == Decimal("0.02")


def test_a_discount_comes_off_every_on_demand_price_of_its_provider(tmp_path: Path) -> None:
    catalog = a_catalog(tmp_path, discounts={"acme": 10})
    assert price(catalog, "acme", "north-1", "m.large") == Decimal("0.09")
    assert price(catalog, "acme", "south-1", "m.large") == Decimal("0.108")
    (flavor,) = catalog.flavors("acme", "north-1")
    assert flavor.spot_usd_per_hour == Decimal("0.04")
    assert "less 10 % discount" in flavor.price_basis


def test_a_discount_comes_off_own_rows_too(tmp_path: Path) -> None:
    catalog = a_catalog(tmp_path, own=(a_flavor("m.large", usd_per_hour="0.2"),), discounts={"acme": 25})
    assert price(catalog, "acme", "north-1", "m.large") == Decimal("0.15")


def test_a_discount_leaves_other_providers_and_unknown_prices_alone(tmp_path: Path) -> None:
    catalog = a_catalog(tmp_path, discounts={"openstack": 50})
    assert price(catalog, "acme", "north-1", "m.large") == Decimal("0.1")
    assert price(catalog, "openstack", "any", "m1.small") is None


@pytest.mark.parametrize(
    ("discounts", "message"),
    [
        ({"acne": 5.0}, "provider 'acne' is not in the flavor catalogue, which has: acme, openstack"),
        ({"generic": 5.0}, "the prices of the generic catalogue are fixed"),
        ({"acme": 100.0}, "the discount of acme must be at least 0 and below 100 percent, not 100.0"),
        ({"acme": -1.0}, "the discount of acme must be"),
        ({"acme": float("nan")}, "the discount of acme must be"),
    ],
)
def test_a_bad_discount_names_the_setting(tmp_path: Path, discounts: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^setting FLAVOR_DISCOUNTS: ") as caught:
        a_catalog(tmp_path, discounts=discounts)
    assert message in caught.value.message


def test_a_bad_own_file_names_the_setting(tmp_path: Path) -> None:
    a_catalog(tmp_path)
    own = tmp_path / "mine.csv"
    own.write_text(f"{HEADER}\nacme,m.large,general,x86_64,2,8,north-1,free,,price list,\n", encoding="utf-8")
    expected = r"^setting FLAVOR_CATALOG_PATH \(mine.csv\): line 2, column price_usd_per_hour: expected USD per hour"
    with pytest.raises(InvalidData, match=expected):
        CsvFlavorCatalog(path=tmp_path / "shipped.csv", own_path=own)


def test_files_are_read_once(tmp_path: Path) -> None:
    catalog = a_catalog(tmp_path, own=(a_flavor("m.large", usd_per_hour="0.07"),))
    (tmp_path / "own.csv").unlink()
    (tmp_path / "shipped.csv").unlink()
    assert price(catalog, "acme", "north-1", "m.large") == Decimal("0.07")


def test_the_example_in_the_documentation_is_a_good_file(tmp_path: Path) -> None:
    documentation = (Path(__file__).parents[4] / "docs" / "flavors.md").read_text(encoding="utf-8")
    example = documentation.split("```csv\n", 1)[1].split("```", 1)[0]
    own = tmp_path / "own.csv"
    own.write_text(example, encoding="utf-8")
    a_catalog(tmp_path)
    catalog = CsvFlavorCatalog(path=tmp_path / "shipped.csv", own_path=own)
    assert price(catalog, "openstack", "RegionOne", "m1.small") == Decimal("0.021")
