"""`FlavorCatalog` over CSV files: the shipped catalogue, an operator's own laid over it, and discounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from adapters.flavors.csv_rows import read_flavors
from domain.errors import ConfigurationError
from domain.flavors import (
    ANY_REGION,
    GENERIC_FLAVORS,
    GENERIC_PROVIDER,
    Flavor,
    by_size,
    unknown_provider,
    unknown_region,
)
from domain.ports.flavor_catalog import FlavorCatalog

OWN_SETTING = "setting FLAVOR_CATALOG_PATH"
DISCOUNT_SETTING = "setting FLAVOR_DISCOUNTS"
SHIPPED = "shipped flavor catalogue"


class CsvFlavorCatalog(FlavorCatalog):
    """The generic catalogue, the shipped file and the operator's own file, read once and never changed."""

    def __init__(
        self,
        *,
        path: Path,
        own_path: Path | None = None,
        discounts: Mapping[str, float] | None = None,
    ) -> None:
        """Read and check the files.

        Args:
            path: The shipped catalogue.
            own_path: The operator's catalogue in the same columns: a row replaces the shipped one of the same
                provider, flavor and region, others are added.
            discounts: Percent off every on-demand price of a provider, 0 ≤ percent < 100, own rows included.

        Raises:
            ConfigurationError: A file cannot be read, or a discount is out of range or for an unknown provider.
            InvalidData: A file breaks the format; the message lists every bad line and column.
        """
        rows = read_flavors(path, SHIPPED)
        if own_path is not None:
            rows |= read_flavors(own_path, OWN_SETTING)
        by_provider = _grouped(rows.values())
        for provider, percent in (discounts or {}).items():
            _check_discount(provider, percent, by_provider)
            by_provider[provider] = tuple(flavor.discounted(percent) for flavor in by_provider[provider])
        by_provider[GENERIC_PROVIDER] = GENERIC_FLAVORS
        self._by_provider = by_provider
        self._by_region = {provider: _in_regions(flavors) for provider, flavors in by_provider.items()}
        self._providers = (GENERIC_PROVIDER, *sorted(by_provider.keys() - {GENERIC_PROVIDER}))

    def flavors(self, provider: str, region: str | None = None) -> Sequence[Flavor]:
        """The sizes of a provider in a region, smallest first; see the port."""
        if provider not in self._by_provider:
            raise unknown_provider(provider, self._by_provider)
        if region is None:
            return self._by_provider[provider]
        regions = self._by_region[provider]
        if region in regions:
            return regions[region]
        if ANY_REGION in regions:
            return regions[ANY_REGION]
        raise unknown_region(region, regions, provider)

    def providers(self) -> Sequence[str]:
        """Providers, ``generic`` first, the others sorted."""
        return self._providers


def _grouped(flavors: Iterable[Flavor]) -> dict[str, tuple[Flavor, ...]]:
    groups: dict[str, list[Flavor]] = {}
    for flavor in sorted(flavors, key=by_size):
        groups.setdefault(flavor.provider, []).append(flavor)
    return {provider: tuple(group) for provider, group in groups.items()}


def _in_regions(flavors: Sequence[Flavor]) -> dict[str, tuple[Flavor, ...]]:
    """Per region: its own rows, and those of region ``any`` that it has no row of its own for."""
    anywhere = [flavor for flavor in flavors if flavor.region == ANY_REGION]
    regions: dict[str, tuple[Flavor, ...]] = {}
    for region in {flavor.region for flavor in flavors}:
        own = [flavor for flavor in flavors if flavor.region == region]
        names = {flavor.name for flavor in own}
        added = [flavor for flavor in anywhere if flavor.name not in names]
        regions[region] = tuple(sorted([*own, *added], key=by_size))
    return regions


def _check_discount(provider: str, percent: float, known: Mapping[str, object]) -> None:
    if provider == GENERIC_PROVIDER:
        raise ConfigurationError(f"{DISCOUNT_SETTING}: the prices of the {GENERIC_PROVIDER} catalogue are fixed")
    if provider not in known:
        raise ConfigurationError(f"{DISCOUNT_SETTING}: {unknown_provider(provider, known).message}")
    if not 0 <= percent < 100:
        message = f"the discount of {provider} must be at least 0 and below 100 percent, not {percent!r}"
        raise ConfigurationError(f"{DISCOUNT_SETTING}: {message}")
