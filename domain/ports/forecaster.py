"""Port: who turns history into a forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.forecast import Forecast
from domain.metrics import MetricSpec
from domain.ports.metric_history import HistoryScope
from domain.series import LoadSeries

# Hours of history worth asking for: two weeks show daily and weekly shape and the peaks sizing needs.
LOOKBACK_HOURS = 336


@dataclass(frozen=True, eq=False, kw_only=True)
class ForecastRequest:
    """One series to be forecast.

    Attributes:
        metric: What the series measures.
        target: Its history, up to ``LOOKBACK_HOURS`` hours, not padded, ending at ``start`` at the latest. A gap
            between its end and ``start`` is the forecaster's to bridge.
        start: First hour to forecast, UTC.
        companions: Other series of the same service, by metric name (covariates of the cluster model).
        stale_hours: Age in hours of the newest observation when the target was shifted to align an old history;
            0 otherwise. The interval must widen with it.
        scope: Whose past it is: the service's own, or the cluster's as a whole.
    """

    metric: MetricSpec
    target: LoadSeries
    start: datetime
    companions: Mapping[str, LoadSeries] = field(default_factory=dict)
    stale_hours: int = 0
    scope: HistoryScope = HistoryScope.SERVICE


class Forecaster(Protocol):
    """Forecasts 24 hours of one metric. Deterministic, thread-safe, never changes its input."""

    name: str

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        """One forecast per request, in order; the same answers as one call per request.

        Quantiles are in the metric's unit, finite and not clamped at the top; padding and filled hours never enter
        a statistic. A shorter history gives a wider interval.

        Raises:
            NotEnoughHistory: A target has fewer observed hours than the forecaster needs.
            ModelRefused: The model's artefacts cannot be used, or a column it needs is missing.
        """
        ...
