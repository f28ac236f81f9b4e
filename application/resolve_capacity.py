"""What one replica has today: declared, read off its flavor, or assumed and said so."""

from __future__ import annotations

from dataclasses import dataclass

from domain.context import Capacity, MCPContext
from domain.errors import FieldError, FlavorNotFound, InvalidRequest
from domain.flavors import GENERIC_PROVIDER, Flavor
from domain.ports.flavor_catalog import FlavorCatalog

ASSUMED_FLAVOR = "medium"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentCapacity:
    """Capacity per replica with both parts filled in.

    Attributes:
        capacity: vCPUs and GiB per replica.
        flavor: The current flavor, when the context names one.
        assumed: Parts that nobody declared, in words; empty when all is known.
    """

    capacity: Capacity
    flavor: Flavor | None
    assumed: tuple[str, ...]


def resolve_capacity(context: MCPContext, catalog: FlavorCatalog) -> PresentCapacity:
    """Declared capacity first, then the current flavor's, then the generic medium's.

    Raises:
        InvalidRequest: The current flavor is in no catalogue.
    """
    flavor = _find_flavor(context, catalog) if context.current_flavor else None
    declared = context.capacity or Capacity()
    known = Capacity(
        vcpus=declared.vcpus or (flavor.vcpus if flavor else None),
        memory_gib=declared.memory_gib or (flavor.memory_gib if flavor else None),
    )
    medium = next(item for item in catalog.flavors(GENERIC_PROVIDER) if item.name == ASSUMED_FLAVOR)
    assumed = [f"{medium.vcpus:g} vCPUs"] if known.vcpus is None else []
    assumed += [f"{medium.memory_gib:g} GiB"] if known.memory_gib is None else []
    filled = Capacity(vcpus=known.vcpus or medium.vcpus, memory_gib=known.memory_gib or medium.memory_gib)
    return PresentCapacity(capacity=filled, flavor=flavor, assumed=tuple(assumed))


def _find_flavor(context: MCPContext, catalog: FlavorCatalog) -> Flavor:
    providers = [context.provider] if context.provider else list(catalog.providers())
    found = [
        item for provider in providers for item in catalog.flavors(provider) if item.name == context.current_flavor
    ]
    if not found:
        where = f"in the catalogue of {context.provider}" if context.provider else "in any catalogue"
        message = f"current_flavor {context.current_flavor!r} is not {where}; mcp-core flavors lists them"
        field = FieldError(pointer="/context/current_flavor", expected="a flavor of the catalogue", code="choice")
        raise InvalidRequest(message, [field])
    return next((item for item in found if item.region == context.region), found[0])


def priced_flavors(context: MCPContext, catalog: FlavorCatalog) -> tuple[str, list[Flavor]]:
    """The provider and its flavors in the region: the generic catalogue unless the context names a provider.

    Raises:
        InvalidRequest: Provider or region is not in the catalogue.
    """
    if context.provider is None:
        return GENERIC_PROVIDER, list(catalog.flavors(GENERIC_PROVIDER))
    try:
        return context.provider, list(catalog.flavors(context.provider, context.region))
    except FlavorNotFound as error:
        known = context.provider in catalog.providers()
        field = FieldError(
            pointer="/context/region" if known else "/context/provider",
            expected="a region of the provider" if known else "a provider of the catalogue",
            code="choice",
        )
        raise InvalidRequest(error.message, [field]) from error
