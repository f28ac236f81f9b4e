"""Step three of a plan: the routed engine forecasts, or hands over and says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.errors import ModelRefused, NotEnoughHistory
from domain.forecast import Forecast
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.reasons import Reason, ReasonCode
from domain.routing import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """Forecasts in the order of the requests, who made them, and what a reader should know."""

    forecasts: tuple[Forecast, ...]
    made_by: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastSeries:
    """Forecasts with the engine the route names.

    Attributes:
        engines: Engine → forecaster; the baseline is always there.
        absent: Engine → why it is not there, for the notes.
    """

    engines: Mapping[Engine, Forecaster]
    absent: Mapping[Engine, str]

    def __call__(self, engine: Engine, requests: Sequence[ForecastRequest]) -> Forecasts:
        """One forecast per request; an engine that cannot answer hands over to the baseline, never silently."""
        if not requests:
            return Forecasts(forecasts=(), made_by="scenario", reasons=())
        chosen = self.engines.get(engine)
        if chosen is None:
            return self._baseline(requests, f"{engine} is not available ({self.absent.get(engine, 'not configured')})")
        try:
            return Forecasts(forecasts=tuple(chosen.forecast_many(requests)), made_by=chosen.name, reasons=())
        except (ModelRefused, NotEnoughHistory) as error:
            if engine is Engine.BASELINE:
                raise
            return self._baseline(requests, f"{engine} cannot answer ({error.message})")

    def _baseline(self, requests: Sequence[ForecastRequest], why: str) -> Forecasts:
        baseline = self.engines[Engine.BASELINE]
        reason = Reason(ReasonCode.MODEL_UNAVAILABLE, f"{why}: the statistical baseline answers")
        return Forecasts(forecasts=tuple(baseline.forecast_many(requests)), made_by=baseline.name, reasons=(reason,))
