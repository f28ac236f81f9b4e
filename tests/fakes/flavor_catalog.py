"""A flavor catalogue in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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


class FakeFlavorCatalog(FlavorCatalog):
    """Answers from the rows it was given, the generic ones always among them; nothing is indexed."""

    def __init__(self, rows: Iterable[Flavor] = ()) -> None:
        self._rows = (*GENERIC_FLAVORS, *rows)

    def flavors(self, provider: str, region: str | None = None) -> Sequence[Flavor]:
        """See the port."""
        rows = [row for row in self._rows if row.provider == provider]
        if not rows:
            raise unknown_provider(provider, {row.provider for row in self._rows})
        if region is None:
            return tuple(sorted(rows, key=by_size))
        here = {row.name: row for row in rows if row.region == ANY_REGION}
        here |= {row.name: row for row in rows if row.region == region}
        if not here:
            raise unknown_region(region, {row.region for row in rows}, provider)
        return tuple(sorted(here.values(), key=by_size))

    def providers(self) -> Sequence[str]:
        """See the port."""
        return (GENERIC_PROVIDER, *sorted({row.provider for row in self._rows} - {GENERIC_PROVIDER}))
