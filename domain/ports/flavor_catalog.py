"""Port: which VM sizes there are and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from domain.flavors import Flavor


class FlavorCatalog(Protocol):
    """VM sizes with on-demand prices in USD per hour."""

    def flavors(self, provider: str, region: str | None = None) -> Sequence[Flavor]:
        """The sizes of a provider in a region (rows of region ``any`` included), smallest first.

        Args:
            provider: ``generic`` or a provider of the catalogue.
            region: None means all regions.

        Raises:
            FlavorNotFound: The provider or region is not in the catalogue; the message names those that are.
        """
        ...

    def providers(self) -> Sequence[str]:
        """Providers of the catalogue, sorted, ``generic`` first."""
        ...
