"""From demand to the cheapest flavor that carries it at the accepted risk (DESIGN §4, Sizing)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from domain.context import Capacity
from domain.errors import NoFlavorFits, PriceUnknown
from domain.flavors import GENERIC_PROVIDER, Flavor, FlavorFilter
from domain.metrics import Resource
from domain.size_rule import SizeParts, SizingRule, day_parts, day_size, hour_sizes, share_over

Floats = NDArray[np.float64]

SATURATION_SHARE = 0.95
# Running out of memory kills, running out of CPU slows down.
MEMORY_RISK_DIVISOR = 10.0
# The smallest number with all its digits: what is smaller cannot be divided by.
_LEAST_RISK = float(np.finfo(np.float64).tiny)
# Amounts come out of a search with a relative tolerance of about 3e-5; a flavor is not refused for less than that.
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Demand on one resource, per replica.

    Attributes:
        resource: CPU or memory.
        quantiles: Shape (24, 7), weighted, unclamped, in vCPUs or GiB per replica.
        saturated_at: The present capacity per replica that the history touched, or None. Demand beyond it was never
            seen, so the answer must be larger than it.
        origin: Name of the metric it was derived from.
        past: Observed hours of the last two weeks, ascending, in the unit of the quantiles; None where there are none,
            or where they are too old to say anything of tomorrow.
        rule: How forecast and past make a size; None leaves the forecast alone.
    """

    resource: Resource
    quantiles: Floats
    origin: str
    saturated_at: float | None = None
    past: Floats | None = None
    rule: SizingRule | None = None
    _parts: dict[float, SizeParts | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def risk(self, risk: float) -> float:
        """The accepted share of hours over capacity for this resource, never so small that it is none."""
        return max(risk / MEMORY_RISK_DIVISOR if self.resource is Resource.MEMORY else risk, _LEAST_RISK)

    def for_day(self, risk: float) -> float:
        """One size for the whole day."""
        parts = self.parts(risk)
        return day_size(self.quantiles, None, self.risk(risk), None) if parts is None else parts.size

    def parts(self, risk: float) -> SizeParts | None:
        """How ``for_day`` came about; None where the forecast alone makes the size."""
        # The size, its reason and its evidence all ask, each search takes as long as the forecast.
        if risk not in self._parts:
            self._parts[risk] = day_parts(self.quantiles, self.past, self.risk(risk), self.rule)
        return self._parts[risk]

    def for_hours(self, risk: float) -> Floats:
        """One size per hour."""
        return hour_sizes(self.quantiles, self.past, self.risk(risk), self.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one replica needs; None where the resource is not known.

    ``above_*`` are capacities the answer must exceed, because the history was censored by them.
    """

    vcpus: float | None = None
    memory_gib: float | None = None
    above_vcpus: float | None = None
    above_memory_gib: float | None = None

    def covered_by(self, flavor: Flavor) -> bool:
        """Whether a flavor has enough of both."""
        return (
            _at_least(flavor.vcpus, self.vcpus)
            and _at_least(flavor.memory_gib, self.memory_gib)
            and (self.above_vcpus is None or flavor.vcpus > self.above_vcpus)
            and (self.above_memory_gib is None or flavor.memory_gib > self.above_memory_gib)
        )


def _at_least(amount: float, need: float | None) -> bool:
    return need is None or amount >= need * (1 - _TOLERANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One point of the risk–cost curve.

    Attributes:
        flavor: The size.
        cost_usd_per_day: Price × 24 × replicas.
        cpu_share_over: Expected share of hours with CPU demand over capacity; None when CPU is not known.
        memory_share_over: The same for memory.
    """

    flavor: Flavor
    cost_usd_per_day: Decimal
    cpu_share_over: float | None
    memory_share_over: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The recommended flavor.

    Attributes:
        flavor: The cheapest that covers the need.
        beyond_largest: The generic catalogue's largest was taken although the need is larger.
        need: What it was held against.
    """

    flavor: Flavor
    need: Need
    beyond_largest: bool = False


def day_need(demands: Mapping[Resource, Demand], risk: float) -> Need:
    """One size for the whole day, by the rule that the backtest of sizes judges (domain/size_rule.py)."""
    return _need(demands, {name: item.for_day(risk) for name, item in demands.items()})


def hour_needs(demands: Mapping[Resource, Demand], risk: float, hours: int) -> list[Need]:
    """One size per hour, by the same rule applied to each hour's distribution."""
    amounts = {name: item.for_hours(risk) for name, item in demands.items()}
    return [_need(demands, {name: float(values[step]) for name, values in amounts.items()}) for step in range(hours)]


def _need(demands: Mapping[Resource, Demand], amounts: Mapping[Resource, float]) -> Need:
    cpu, memory = demands.get(Resource.CPU), demands.get(Resource.MEMORY)
    return Need(
        vcpus=amounts.get(Resource.CPU),
        memory_gib=amounts.get(Resource.MEMORY),
        above_vcpus=cpu.saturated_at if cpu else None,
        above_memory_gib=memory.saturated_at if memory else None,
    )


def candidates(flavors: Sequence[Flavor], current: Flavor | None) -> list[Flavor]:
    """The flavors sizing may choose from, cheapest first, ties to the smaller.

    Those of the current flavor's architecture (x86_64 without one), burstable ones only when the current one is.

    Raises:
        PriceUnknown: There are candidates, and none has a price.
    """
    wanted = FlavorFilter.replacing(current)
    # The generic sizes stand for any architecture.
    fitting = [item for item in flavors if item.provider == GENERIC_PROVIDER or wanted.accepts(item)]
    priced = [item for item in fitting if item.price_usd_per_hour is not None]
    if fitting and not priced:
        raise PriceUnknown(
            f"no price is known for {fitting[0].provider}: supply your own prices with the setting FLAVOR_CATALOG_PATH"
        )
    return sorted(priced, key=lambda item: (item.price_usd_per_hour, item.vcpus, item.memory_gib, item.name))


def choose_flavor(need: Need, ordered: Sequence[Flavor], provider: str) -> Choice:
    """The cheapest candidate that covers the need.

    Args:
        need: Per replica.
        ordered: Candidates, cheapest first (``candidates``).
        provider: Whose catalogue it is; the generic one answers with its largest when nothing fits.

    Raises:
        NoFlavorFits: A real catalogue has nothing that large.
    """
    for flavor in ordered:
        if need.covered_by(flavor):
            return Choice(flavor=flavor, need=need)
    if provider == GENERIC_PROVIDER and ordered:
        return Choice(flavor=ordered[-1], need=need, beyond_largest=True)
    raise NoFlavorFits(
        f"no flavor of {provider} here carries {_words(need)} per replica: "
        "more replicas, a higher accepted risk or another region may help",
        vcpus=need.vcpus,
        memory_gib=need.memory_gib,
    )


def _words(need: Need) -> str:
    cpu = None if need.vcpus is None else f"{max(need.vcpus, need.above_vcpus or 0):.3g} vCPUs"
    memory = None if need.memory_gib is None else f"{max(need.memory_gib, need.above_memory_gib or 0):.3g} GiB"
    return " and ".join(part for part in (cpu, memory) if part) or "the need"


def alternatives(demands: Mapping[Resource, Demand], ordered: Sequence[Flavor], replicas: int) -> list[Alternative]:
    """The risk–cost curve: every candidate that is not beaten by a cheaper one, cheapest first."""
    cpu = _mean_share_over(demands.get(Resource.CPU), [item.vcpus for item in ordered])
    memory = _mean_share_over(demands.get(Resource.MEMORY), [item.memory_gib for item in ordered])
    curve: list[Alternative] = []
    for flavor, cpu_over, memory_over in zip(ordered, cpu, memory, strict=True):
        beaten = any(_no_worse(seen, cpu_over, memory_over) for seen in curve)
        if not beaten:
            curve.append(
                Alternative(
                    flavor=flavor, cost_usd_per_day=cost_per_day(flavor, replicas),
                    cpu_share_over=cpu_over, memory_share_over=memory_over,
                )
            )  # fmt: skip
    return curve


def shares_over(demands: Mapping[Resource, Demand], flavor: Flavor) -> dict[Resource, float | None]:
    """Expected share of hours with demand over a flavor's capacity, per resource; None where demand is not known."""
    amounts = {Resource.CPU: flavor.vcpus, Resource.MEMORY: flavor.memory_gib}
    return {resource: _mean_share_over(demands.get(resource), [amount])[0] for resource, amount in amounts.items()}


def _no_worse(seen: Alternative, cpu_over: float | None, memory_over: float | None) -> bool:
    return (seen.cpu_share_over or 0.0) <= (cpu_over or 0.0) and (seen.memory_share_over or 0.0) <= (memory_over or 0.0)


def _mean_share_over(demand: Demand | None, amounts: list[float]) -> list[float | None]:
    if demand is None:
        return [None] * len(amounts)
    distinct = sorted(set(amounts))
    shares = share_over(demand.quantiles, demand.past, distinct, demand.rule)
    by_amount = dict(zip(distinct, shares.tolist(), strict=True))
    return [by_amount[amount] for amount in amounts]


def cost_per_day(flavor: Flavor, replicas: int) -> Decimal:
    """On-demand price × 24 × replicas, USD.

    Raises:
        PriceUnknown: The flavor has no price.
    """
    if flavor.price_usd_per_day is None:
        raise PriceUnknown(f"the price of {flavor.name} is not known: supply it with FLAVOR_CATALOG_PATH")
    return flavor.price_usd_per_day * replicas


def capacity_of(flavor: Flavor) -> Capacity:
    """What one replica on the flavor has."""
    return Capacity(vcpus=flavor.vcpus, memory_gib=flavor.memory_gib)
