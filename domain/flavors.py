"""VM sizes and what they cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Context, Decimal

from domain.errors import FlavorNotFound

GENERIC_PROVIDER = "generic"
ANY_REGION = "any"
FAMILIES = ("burstable", "compute", "general", "memory")
ARCHITECTURES = ("arm64", "x86_64")
DEFAULT_ARCHITECTURE = "x86_64"
HOURS_PER_DAY = 24
# Four digits fewer than Decimal's own: 2.8 USD a day has no finite price per hour, and × 24 must give 2.8 again.
_DAY_DIGITS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavor:
    """One VM size in one region, with its on-demand price.

    Attributes:
        provider: ``generic``, ``aws``, ``azure``, ``gcp``, ``oracle``, ``ibm``,
            ``alibaba``, ``openstack`` or one of the operator's own.
        name: The provider's name of the size.
        family: ``general``, ``compute``, ``memory`` or ``burstable``.
        arch: ``x86_64`` or ``arm64``.
        vcpus: Number of vCPUs, more than 0.
        memory_gib: Memory in GiB, more than 0.
        region: The provider's name of the region, or ``any``.
        price_usd_per_hour: On-demand list price after the operator's discount; None where unknown, never 0 for unknown.
        spot_usd_per_hour: Spot price, or None where unknown. A market price: discounts do not touch it.
        source: Where the row comes from.
        as_of: Date of the data, or None where the source states none.
        discount_percent: The operator's discount that the on-demand price already contains.
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
    discount_percent: Decimal = Decimal(0)

    @property
    def price_usd_per_day(self) -> Decimal | None:
        """On-demand price of one replica for 24 hours."""
        if self.price_usd_per_hour is None:
            return None
        return Context(prec=_DAY_DIGITS).multiply(self.price_usd_per_hour, Decimal(HOURS_PER_DAY))

    @property
    def is_burstable(self) -> bool:
        """Whether the vCPUs are shared and throttled when used for long."""
        return self.family == "burstable"

    @property
    def price_basis(self) -> str:
        """What the price is, in words for notes: its date, kind and discount."""
        day = self.as_of.isoformat() if self.as_of else "an unstated date"
        discount = f", less {self.discount_percent.normalize():f} % discount" if self.discount_percent else ""
        return f"price as of {day}, on-demand{discount}"

    def discounted(self, percent: float) -> Flavor:
        """The same size with a percentage off the on-demand price; an unknown price stays unknown.

        Raises:
            ValueError: The percentage is not in [0, 100).
        """
        if not 0 <= percent < 100:
            raise ValueError(f"a discount is at least 0 and below 100 percent, not {percent!r}")
        if self.price_usd_per_hour is None or percent == 0:
            return self
        # repr gives the percentage as it was written: 12.3, not 12.300000000000000710…
        exact = Decimal(repr(float(percent)))
        return replace(self, price_usd_per_hour=self.price_usd_per_hour * (100 - exact) / 100, discount_percent=exact)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlavorFilter:
    """Which sizes are wanted; every bound is inclusive.

    Attributes:
        families: Wanted families; empty means all.
        architectures: Wanted architectures; empty means all.
        min_vcpus: Fewest vCPUs.
        max_vcpus: Most vCPUs, or None.
        min_memory_gib: Least memory, GiB.
        max_memory_gib: Most memory, GiB, or None.
        max_usd_per_hour: Highest on-demand price, or None. An unknown price is not known to be below any limit.
    """

    families: frozenset[str] = frozenset()
    architectures: frozenset[str] = frozenset()
    min_vcpus: float = 0.0
    max_vcpus: float | None = None
    min_memory_gib: float = 0.0
    max_memory_gib: float | None = None
    max_usd_per_hour: Decimal | None = None

    @classmethod
    def replacing(cls, current: Flavor | None) -> FlavorFilter:
        """What may take the place of a flavor (DESIGN §4): its architecture, and burstable only if it is burstable.

        Without a current flavor: x86_64, not burstable.
        """
        burstable = current is not None and current.is_burstable
        return cls(
            families=frozenset(name for name in FAMILIES if burstable or name != "burstable"),
            architectures=frozenset({current.arch if current else DEFAULT_ARCHITECTURE}),
        )

    def accepts(self, flavor: Flavor) -> bool:
        """Whether a flavor is wanted."""
        return (
            (not self.families or flavor.family in self.families)
            and (not self.architectures or flavor.arch in self.architectures)
            and _within(flavor.vcpus, self.min_vcpus, self.max_vcpus)
            and _within(flavor.memory_gib, self.min_memory_gib, self.max_memory_gib)
            and self._affords(flavor.price_usd_per_hour)
        )

    def _affords(self, price: Decimal | None) -> bool:
        return self.max_usd_per_hour is None or (price is not None and price <= self.max_usd_per_hour)


def _within(amount: float, least: float, most: float | None) -> bool:
    return amount >= least and (most is None or amount <= most)


def by_size(flavor: Flavor) -> tuple[float, float, str, str]:
    """Sort key: smallest first, names and regions as tie-breaks."""
    return flavor.vcpus, flavor.memory_gib, flavor.name, flavor.region


def unknown_provider(provider: str, known: Iterable[str]) -> FlavorNotFound:
    """The error for a provider that no row names."""
    return FlavorNotFound(f"provider {provider!r} is not in the flavor catalogue, which has: {listed(known)}")


def unknown_region(region: str, known: Iterable[str], provider: str | None = None) -> FlavorNotFound:
    """The error for a region that no row names; ``provider`` is None when all of them were asked."""
    whose = f"of {provider} " if provider else ""
    return FlavorNotFound(f"region {region!r} {whose}is not in the flavor catalogue, which has: {listed(known)}")


def listed(names: Iterable[str]) -> str:
    """Names sorted, for messages."""
    return ", ".join(sorted(names))


def _generic(name: str, vcpus: int, memory_gib: int, usd_per_day: str) -> Flavor:
    return Flavor(
        provider=GENERIC_PROVIDER, name=name, family="general", arch=DEFAULT_ARCHITECTURE,
        vcpus=float(vcpus), memory_gib=float(memory_gib), region=ANY_REGION,
        price_usd_per_hour=Decimal(usd_per_day) / HOURS_PER_DAY,
        source="generic catalogue of this project, no provider's price", as_of=date(2026, 11, 23),
    )  # fmt: skip


# Answers while no provider is named (DESIGN §4): 1.2, 2.8 and 5.5 USD per day.
GENERIC_FLAVORS = (
    _generic("small", 1, 2, "1.2"),
    _generic("medium", 2, 4, "2.8"),
    _generic("large", 4, 8, "5.5"),
)
