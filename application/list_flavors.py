"""List the flavors of the catalogue: over providers, in a region, filtered, in the order asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from domain.flavors import ANY_REGION, Flavor, FlavorFilter, by_size, unknown_region
from domain.ports.flavor_catalog import FlavorCatalog

_DEAREST = Decimal("Infinity")


class FlavorOrder(StrEnum):
    """What a list is sorted by, lowest first."""

    PRICE = "price"
    VCPUS = "vcpus"
    MEMORY = "memory"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlavorQuery:
    """Which flavors are wanted.

    Attributes:
        provider: One provider, or None for all.
        region: One region (rows of region ``any`` included), or None for all.
        wanted: Filter.
        order: Sorting; unknown prices come last.
        limit: Most rows, or None.
    """

    provider: str | None = None
    region: str | None = None
    wanted: FlavorFilter = field(default_factory=FlavorFilter)
    order: FlavorOrder = FlavorOrder.PRICE
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlavorList:
    """The answer.

    Attributes:
        flavors: At most ``limit``.
        matching: How many there are without the limit.
    """

    flavors: tuple[Flavor, ...]
    matching: int


def list_flavors(catalog: FlavorCatalog, query: FlavorQuery) -> FlavorList:
    """The flavors that match, sorted.

    Raises:
        FlavorNotFound: Provider or region is not in the catalogue; the message names those that are.
    """
    matching = [flavor for flavor in _rows(catalog, query) if query.wanted.accepts(flavor)]
    ordered = sorted(matching, key=_KEYS[query.order])
    return FlavorList(flavors=tuple(ordered[: query.limit]), matching=len(ordered))


def _rows(catalog: FlavorCatalog, query: FlavorQuery) -> list[Flavor]:
    if query.provider is not None:
        return list(catalog.flavors(query.provider, query.region))
    everything = [flavor for provider in catalog.providers() for flavor in catalog.flavors(provider)]
    if query.region is None:
        return everything
    regions = {flavor.region for flavor in everything}
    if query.region not in regions:
        raise unknown_region(query.region, regions)
    here = {flavor.provider for flavor in everything if flavor.region in (query.region, ANY_REGION)}
    return [flavor for provider in sorted(here) for flavor in catalog.flavors(provider, query.region)]


def _by_price(flavor: Flavor) -> tuple[object, ...]:
    # Decimal's infinity rather than None, which cannot be compared.
    price = _DEAREST if flavor.price_usd_per_hour is None else flavor.price_usd_per_hour
    return price, *by_size(flavor)


_KEYS: Mapping[FlavorOrder, Callable[[Flavor], tuple[object, ...]]] = {
    FlavorOrder.PRICE: _by_price,
    FlavorOrder.VCPUS: lambda flavor: (flavor.vcpus, *_by_price(flavor)),
    FlavorOrder.MEMORY: lambda flavor: (flavor.memory_gib, *_by_price(flavor)),
    FlavorOrder.NAME: lambda flavor: (flavor.provider, flavor.name, flavor.region),
}
