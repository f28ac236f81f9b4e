"""VM sizes and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

GENERIC_PROVIDER = "generic"
HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """One VM size in one region, with its on-demand price.

    Attributes:
        provider: ``generic``, ``aws``, ``azure``, ``gcp``, ``oracle``, ``ibm``, ``alibaba``, ``openstack`` or an own one.
        name: The provider's name of the size.
        family: ``general``, ``compute``, ``memory`` or ``burstable``.
        arch: ``x86_64`` or ``arm64``.
        vcpus: Number of vCPUs, more than 0.
        memory_gib: Memory in GiB, more than 0.
        region: The provider's name of the region, or ``any``.
        price_usd_per_hour: On-demand list price after the operator's discount; None where unknown, never 0 for unknown.
        spot_usd_per_hour: Spot price, or None where unknown.
        source: Where the row comes from.
        as_of: Date of the data, or None where the source states none.
    """

    provider: str
    name: str
    family: str
    arch: str
    vcpus: float
    memory_gib: float
    region: str
    price_usd_per_hour: Decimal | None
    spot_usd_per_hour: Decimal | None = None
    source: str
    as_of: date | None

    @property
    def price_usd_per_day(self) -> Decimal | None:
        """On-demand price of one replica for 24 hours."""
        return None if self.price_usd_per_hour is None else self.price_usd_per_hour * HOURS_PER_DAY

    @property
    def is_burstable(self) -> bool:
        """Whether the vCPUs are shared and throttled when used for long."""
        return self.family == "burstable"
