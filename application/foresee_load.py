"""From request to outlook: context ─▶ route ─▶ history ─▶ forecast ─▶ policy ─▶ demand."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from application.forecast_series import ForecastSeries
from application.gather_history import GatherHistory, History
from application.recent import Recent
from application.resolve_capacity import PresentCapacity, resolve_capacity
from application.selections import Selections
from domain.context import Capacity, MCPContext
from domain.demand import SizingBasis, count_demand, demand_of, past_peaks, sizing_bases
from domain.errors import FieldError, RegionRequired
from domain.forecast import Forecast
from domain.metrics import MetricKind, MetricSpec, Resource, describe_metric
from domain.plan import Outlook
from domain.plan_request import PlanRequest
from domain.policy import clamp, weigh
from domain.ports.flavor_catalog import FlavorCatalog
from domain.ports.forecaster import ForecastRequest
from domain.reasons import Reason, ReasonCode
from domain.routing import Engine, Route, RoutingTable
from domain.scenario import scenario_forecast
from domain.selection import Selection
from domain.series import floor_hour
from domain.sizing import Demand
from domain.timebase import first_forecast_hour

# Without any history both resources are sized from the scenario, as shares of capacity.
_SCENARIO_BASES = (
    SizingBasis(resource=Resource.CPU, metric=describe_metric("cpu_max")),
    SizingBasis(resource=Resource.MEMORY, metric=describe_metric("memory_max")),
)


_REMEMBERED_OUTLOOKS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseeLoad:
    """What the next 24 hours will ask of a service."""

    gather_history: GatherHistory
    routes: RoutingTable
    forecast_series: ForecastSeries
    catalog: FlavorCatalog
    selections: Selections
    _recent: Recent[tuple[Hashable, ...], Outlook] = field(default_factory=lambda: Recent(_REMEMBERED_OUTLOOKS))

    def __call__(self, request: PlanRequest) -> Outlook:
        """Follow one request down to what its replicas will have to carry.

        Raises:
            RegionRequired: A provider without a region.
            InvalidRequest: The current flavor is in no catalogue.
            MetricNotFound: The metric is neither in the catalogue nor in the history.
        """
        context = request.context
        refuse_provider_without_region(context)
        start = first_forecast_hour(context.timestamp)
        history = self.gather_history(request.service_id, request.metric_name, start)
        # Told beside the outlook: the age of a remembered window changes from minute to minute, the outlook does not.
        away, history = _apart(history)
        # All that follows depends on these alone; without a digest nobody can tell whether the past has changed.
        key = (
            request.service_id,
            request.metric_name,
            start,
            history.digest,
            history.reasons,
            _without_identity(context),
        )
        route = self.routes.choose(context, history.target(start).observed_hours)
        chooses = route.engine is Engine.LSTM
        # A comparison that has finished since makes another outlook of the same past.
        known = self.selections.known(request.service_id, history, start) if chooses else ()
        outlook = self._recent.get((*key, known)) if history.digest else None
        if outlook is None:
            if chooses:
                known = self.selections.renew(request.service_id, history, start)
            outlook = self._foresee(context, start, history, route, dict(known))
            self._recent.put((*key, known), outlook)
        return self._told(outlook, away) if away else outlook

    def _told(self, outlook: Outlook, away: tuple[Reason, ...]) -> Outlook:
        """The outlook with the reasons why its history could not be read anew."""
        told = self._recent.get((outlook, away))
        if told is None:
            told = replace(outlook, reasons=(*away, *outlook.reasons))
            self._recent.put((outlook, away), told)
        return told

    def _foresee(
        self, context: MCPContext, start: datetime, history: History, route: Route, selections: dict[str, Selection]
    ) -> Outlook:
        present = resolve_capacity(context, self.catalog)
        target = history.target(start)
        bases = sizing_bases(history.series) or ([] if target.observed_hours else list(_SCENARIO_BASES))
        made = self._forecast(context, route, history, bases, start, present, selections)
        forecasts = made.forecasts
        shown = forecasts[history.metric.name]
        weighted = weigh(shown.quantiles, context.weight)
        demands, why = _demands(context, history, start, bases, forecasts, present)
        return Outlook(
            start=start, metric=history.metric, history=target, history_digest=history.digest, route=route,
            model_version=_version(route, shown), source=shown.source,
            model_id=made.made_by.get(history.metric.name, "scenario"),
            asked=made.asked.get(history.metric.name),
            selections=made.selections,
            weighted=weighted, shown=clamp(weighted, history.metric.kind),
            demands=demands, capacity=present.capacity, current_flavor=present.flavor,
            reasons=(*history.reasons, *made.reasons, *why),
        )  # fmt: skip

    def _forecast(
        self, context: MCPContext, route: Route, history: History, bases: Sequence[SizingBasis],
        start: datetime, present: PresentCapacity, selections: Mapping[str, Selection],
    ) -> _Made:  # fmt: skip
        """From history where there is some, else the fallback scenario."""
        wanted = {history.metric.name: history.metric} | {basis.metric.name: basis.metric for basis in bases}
        names = [name for name in wanted if name in history.aligned]
        requests = [_request(wanted[name], history, start) for name in names]
        made = self.forecast_series(route.engine, requests, [selections[name] for name in names if name in selections])
        forecasts = dict(zip(names, made.forecasts, strict=True))
        for name, metric in wanted.items():
            if name not in forecasts:
                forecasts[name] = scenario_forecast(context, metric, start, present.capacity)
        notes = [Reason(_note_code(forecast), note) for forecast in forecasts.values() for note in forecast.notes]
        return _Made(
            forecasts=forecasts,
            asked=dict(zip(names, requests, strict=True)),
            made_by=dict(zip(names, made.made_by, strict=True)),
            selections=dict(zip(names, made.selections, strict=True)) if made.selections else {},
            reasons=(*made.reasons, *notes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """Forecasts by metric name, from what and by whom, what decided that, and what a reader should know."""

    forecasts: dict[str, Forecast]
    asked: dict[str, ForecastRequest]
    made_by: dict[str, str]
    selections: dict[str, Selection]
    reasons: tuple[Reason, ...]


def _apart(history: History) -> tuple[tuple[Reason, ...], History]:
    """Why the history could not be read anew, and the history without that."""
    away = tuple(reason for reason in history.reasons if reason.code is ReasonCode.SOURCE_UNAVAILABLE)
    if not away:
        return (), history
    return away, replace(history, reasons=tuple(reason for reason in history.reasons if reason not in away))


def _without_identity(context: MCPContext) -> MCPContext:
    """The context without what names a single request; minutes of its time do not matter within the hour."""
    return context.model_copy(update={"context_id": "", "timestamp": floor_hour(context.timestamp)})


def refuse_provider_without_region(context: MCPContext) -> None:
    """Prices differ by region.

    Raises:
        RegionRequired: A provider without a region.
    """
    if context.provider is not None and context.region is None:
        expected = "the provider's region, as prices depend on it"
        field = FieldError(pointer="/context/region", expected=expected, code="missing")
        raise RegionRequired(f"provider {context.provider!r} needs a region: prices depend on it", [field])


def _request(metric: MetricSpec, history: History, start: datetime) -> ForecastRequest:
    item = history.aligned[metric.name]
    return ForecastRequest(
        metric=metric, target=item.series, start=start, companions=history.companions, scope=history.scope,
        stale_hours=item.age_hours if item.is_shifted else 0,
    )  # fmt: skip


def _note_code(forecast: Forecast) -> ReasonCode:
    return ReasonCode.NO_HISTORY if forecast.source == "fallback" else ReasonCode.FORECAST_NOTE


def _version(route: Route, forecast: Forecast) -> str:
    """A model's answer carries the route's name; the baseline's always says which kind it is."""
    return route.model_version if forecast.source == "lstm" else f"{route.model_version}_{forecast.source}"


def _demands(
    context: MCPContext, history: History, start: datetime, bases: Sequence[SizingBasis],
    forecasts: dict[str, Forecast], present: PresentCapacity,
) -> tuple[dict[Resource, Demand], list[Reason]]:  # fmt: skip
    reasons = [reason for basis in bases for reason in basis.reasons]
    demands = {
        basis.resource: _demand(context, history, basis, forecasts[basis.metric.name], present.capacity)
        for basis in bases
    }
    needs_capacity = any(basis.metric.kind is MetricKind.RATIO for basis in bases)
    if not demands:
        name = history.metric.name
        weighted = weigh(forecasts[name].quantiles, context.weight)
        counted = count_demand(name, weighted, history.target(start), present.capacity)
        if counted is not None:
            demands[Resource.CPU], reason = counted
            reasons.append(reason)
            needs_capacity = True
    if needs_capacity and present.assumed:
        text = f"no current_flavor or capacity was given: {' and '.join(present.assumed)} per replica assumed"
        reasons.append(Reason(ReasonCode.CAPACITY_ASSUMED, text))
    return demands, reasons


def _demand(
    context: MCPContext, history: History, basis: SizingBasis, forecast: Forecast, capacity: Capacity
) -> Demand:
    weighted = weigh(forecast.quantiles, context.weight)
    known = history.aligned.get(basis.metric.name)
    if known is None:
        return demand_of(basis, weighted, None, capacity, context.replicas)
    past = past_peaks(basis, known.series, known.age_hours, forecast.source, context.weight)
    return demand_of(basis, weighted, known.series, capacity, context.replicas, past)
