"""Flavors for tests, and the catalogue file that holds them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from domain.flavors import Flavor

HEADER = "provider,flavor,family,arch,vcpus,memory_gib,region,price_usd_per_hour,spot_usd_per_hour,source,as_of"


def a_flavor(
    name: str = "m.large",
    *,
    provider: str = "acme",
    family: str = "general",
    arch: str = "x86_64",
    vcpus: float = 2.0,
    memory_gib: float = 8.0,
    region: str = "north-1",
    usd_per_hour: str | None = "0.1",
    spot_usd_per_hour: str | None = None,
    as_of: date | None = date(2026, 6, 1),
) -> Flavor:
    """A flavor of a provider that does not exist, with what the test cares about set."""
    return Flavor(
        provider=provider, name=name, family=family, arch=arch, vcpus=vcpus, memory_gib=memory_gib, region=region,
        price_usd_per_hour=None if usd_per_hour is None else Decimal(usd_per_hour),
        spot_usd_per_hour=None if spot_usd_per_hour is None else Decimal(spot_usd_per_hour),
        source="price list of acme", as_of=as_of,
    )  # fmt: skip


def as_csv(flavors: Iterable[Flavor]) -> str:
    """The rows as a catalogue file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER.split(","))
    for item in flavors:
        writer.writerow(
            [
                item.provider, item.name, item.family, item.arch, f"{item.vcpus:g}", f"{item.memory_gib:g}",
                item.region, item.price_usd_per_hour or "", item.spot_usd_per_hour or "", item.source, item.as_of or "",
            ]
        )  # fmt: skip
    return text.getvalue()
