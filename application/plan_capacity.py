"""Plan one metric: the straight line from request to priced plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from application.detect_anomalies import DetectAnomalies
from application.foresee_load import ForeseeLoad
from application.resolve_capacity import priced_flavors
from domain.anomaly import AnomalyReport, DetectorName
from domain.metrics import Resource
from domain.plan import Outlook, Plan
from domain.plan_request import PlanRequest
from domain.ports.clock import Clock
from domain.ports.flavor_catalog import FlavorCatalog
from domain.reasons import Reason, ReasonCode
from domain.sizing import Choice, Demand, candidates, choose_flavor, cost_per_day, day_need

_LABEL = {Resource.CPU: "CPU", Resource.MEMORY: "memory"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCapacity:
    """Answers one plan request.

    Attributes:
        foresee_load: Request → outlook.
        detect_anomaly: Outlook → whether it is out of the ordinary.
        catalog: VM sizes and prices.
        clock: For ``generated_at``.
    """

    foresee_load: ForeseeLoad
    detect_anomaly: DetectAnomalies
    catalog: FlavorCatalog
    clock: Clock
    _plans: WeakKeyDictionary[Outlook, Plan] = field(default_factory=WeakKeyDictionary)

    def __call__(self, request: PlanRequest) -> Plan:
        """Forecast, judge, size and price.

        Raises:
            InvalidRequest: Provider, region or current flavor is not in the catalogue, or no price or flavor fits.
            MetricNotFound: The metric is neither in the catalogue nor in the history.
        """
        outlook = self.foresee_load(request)
        # The same outlook comes of the same context and history: the plan differs in its request and time only.
        known = self._plans.get(outlook)
        if known is not None:
            return replace(known, request=request, generated_at=self.clock.now())
        plan = self.of_outlook(request, outlook)
        self._plans[outlook] = plan
        return plan

    def of_outlook(self, request: PlanRequest, outlook: Outlook) -> Plan:
        """The second half: judge, size and price what is expected.

        Raises:
            InvalidRequest: Provider or region is not in the catalogue, or no price or flavor fits.
        """
        context = request.context
        anomaly = self.detect_anomaly(outlook)
        provider, flavors = priced_flavors(context, self.catalog)
        ordered = candidates(flavors, outlook.current_flavor)
        choice = choose_flavor(day_need(outlook.demands, context.risk), ordered, provider)
        return Plan(
            request=request,
            generated_at=self.clock.now(),
            outlook=outlook,
            anomaly=anomaly,
            choice=choice,
            candidates=ordered,
            cost_usd_per_day=cost_per_day(choice.flavor, context.replicas),
            reasons=(*sizing_reasons(outlook, choice, context.risk), *_anomaly_reason(anomaly), *outlook.reasons),
        )


def sizing_reasons(outlook: Outlook, choice: Choice, risk: float) -> list[Reason]:
    """Why this flavor: need against size per resource, what bounded it, and how old the price is."""
    need, flavor = choice.need, choice.flavor
    parts = []
    if need.vcpus is not None:
        parts.append(f"CPU {need.vcpus:.3g} of {flavor.vcpus:g} vCPUs")
    if need.memory_gib is not None:
        parts.append(f"memory {need.memory_gib:.3g} of {flavor.memory_gib:g} GiB")
    carries = " and ".join(parts) or "nothing known of CPU or memory"
    verb = "is the largest there is, for" if choice.beyond_largest else "carries"
    text = f"{flavor.name} {verb} {carries} per replica at an accepted {risk:.4g} share of hours over capacity"
    reasons = [Reason(ReasonCode.SIZED, text)]
    if choice.beyond_largest:
        text = f"the need is larger than {flavor.name}: add replicas or name a provider"
        reasons.append(Reason(ReasonCode.BEYOND_LARGEST, text))
    for resource in Resource:
        demand = outlook.demands.get(resource)
        if demand is None:
            text = f"{_LABEL[resource]} is not known and did not bound the size"
            reasons.append(Reason(ReasonCode.RESOURCE_UNKNOWN, text))
        elif demand.saturated_at is not None:
            touched = f"{demand.origin} touched its capacity of {demand.saturated_at:g}"
            text = f"{touched}: demand may be more than was seen, so a larger one"
            reasons.append(Reason(ReasonCode.SATURATED, text))
    reasons += [Reason(ReasonCode.SIZING_RULE, _rule_text(demand, risk)) for demand in outlook.demands.values()]
    reasons.append(Reason(ReasonCode.PRICE_DATE, flavor.price_basis))
    return reasons


def _rule_text(demand: Demand, risk: float) -> str:
    label, parts = _LABEL[demand.resource], demand.parts(risk)
    if parts is None:
        needed = "a measured margin takes a week of its own history, no older than a day"
        return f"{label} is sized from the forecast alone: {needed}"
    measured = max(parts.risk, parts.rule.least_risk)
    beyond = "" if parts.is_measured else f"; then as the forecast's tail down to {parts.risk:.2g}, unmeasured"
    past = f" and the past {parts.past_need:.3g}" if parts.rule.forecast_weight < 1 else ""
    return (
        f"{label} {parts.size:.3g} for {measured:.4g} of the hours over it: "
        f"the forecast needs {parts.forecast_need:.3g}{past}, "
        f"at most the highest of {parts.past_hours} hours, {parts.highest_hour:.3g}, "
        f"plus a margin of {parts.margin_amount:.2g}{beyond}"
    )


def _anomaly_reason(report: AnomalyReport) -> list[Reason]:
    if not report.is_anomaly:
        return []
    against = f"score {report.score:.2f}, threshold {report.threshold:g}" if report.score is not None else report.type
    what = "the value observed," if report.detector == DetectorName.OBSERVED else "the peak"
    text = f"anomaly: {what} {report.peak:.4g} at {report.peak_at:%Y-%m-%d %H:%M}Z stands out ({against})"
    return [Reason(ReasonCode.ANOMALY, text)]
