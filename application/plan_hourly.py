"""Plan hour by hour: a schedule of 24 flavors."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from application.foresee_load import ForeseeLoad
from application.plan_capacity import sizing_reasons
from application.resolve_capacity import priced_flavors
from domain.errors import PriceUnknown
from domain.forecast import HORIZON_HOURS
from domain.plan import HourlyPlan, HourlyRecommendation, Outlook, breakpoints_of, ranks
from domain.plan_request import PlanRequest
from domain.ports.clock import Clock
from domain.ports.flavor_catalog import FlavorCatalog
from domain.sizing import Choice, candidates, choose_flavor, hour_needs


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHourly:
    """Each hour sized by the same rule as the day."""

    foresee_load: ForeseeLoad
    catalog: FlavorCatalog
    clock: Clock

    def __call__(self, request: PlanRequest) -> HourlyPlan:
        """24 recommendations with their cost.

        Raises:
            McpCoreError: As ``PlanCapacity``.
        """
        context = request.context
        outlook = self.foresee_load(request)
        provider, flavors = priced_flavors(context, self.catalog)
        ordered = candidates(flavors, outlook.current_flavor)
        needs = hour_needs(outlook.demands, context.risk, HORIZON_HOURS)
        choices = [choose_flavor(need, ordered, provider) for need in needs]
        hours = _recommend(outlook, choices, context.replicas)
        largest = max(choices, key=lambda choice: ordered.index(choice.flavor))
        return HourlyPlan(
            request=request,
            generated_at=self.clock.now(),
            outlook=outlook,
            hours=hours,
            breakpoints=breakpoints_of(outlook.median),
            total_cost_usd=sum((hour.cost_usd for hour in hours), Decimal(0)),
            reasons=(*sizing_reasons(outlook, largest, context.risk), *outlook.reasons),
        )


def _recommend(outlook: Outlook, choices: list[Choice], replicas: int) -> tuple[HourlyRecommendation, ...]:
    percentiles = ranks(outlook.median)
    return tuple(
        HourlyRecommendation(
            hour_index=step,
            timestamp=outlook.hour(step),
            predicted_value=float(outlook.median[step]),
            percentile=float(percentiles[step]),
            flavor=choice.flavor,
            cost_usd=_hourly_cost(choice, replicas),
            need=choice.need,
        )
        for step, choice in enumerate(choices)
    )


def _hourly_cost(choice: Choice, replicas: int) -> Decimal:
    if choice.flavor.price_usd_per_hour is None:
        raise PriceUnknown(f"the price of {choice.flavor.name} is not known: supply it with FLAVOR_CATALOG_PATH")
    return choice.flavor.price_usd_per_hour * replicas
