"""Step of a plan: is it out of the ordinary? The detector chosen counts; the others are worked out when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from application.forecast_series import ForecastSeries
from domain.anomaly import FORECAST_DETECTORS, AnomalyReport, DetectorName, detect_observed
from domain.anomaly.observed import LEAST_HOURS_BEFORE, NEWEST_HOURS, unjudged
from domain.forecast import MEDIAN_INDEX
from domain.plan import Outlook, Plan
from domain.ports.forecaster import ForecastRequest
from domain.series import HOUR, LoadSeries, from_hour_slots


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectAnomalies:
    """Judges an outlook.

    Attributes:
        forecast_series: Forecasts the newest hours from those before them, for ``observed``.
        chosen: The detector whose verdict is the plan's.
        threshold: Score from which on it is an anomaly.
    """

    forecast_series: ForecastSeries
    chosen: DetectorName
    threshold: float
    _seen: WeakKeyDictionary[Outlook, AnomalyReport] = field(default_factory=WeakKeyDictionary)

    def __call__(self, outlook: Outlook) -> AnomalyReport:
        """The verdict of the detector chosen."""
        return self._by(self.chosen, outlook)

    def every(self, plan: Plan) -> tuple[AnomalyReport, ...]:
        """The reports of all detectors; ``observed`` costs one more forecast, remembered with the outlook."""
        return tuple(
            plan.anomaly if plan.anomaly.detector == name else self._by(name, plan.outlook) for name in DetectorName
        )

    def _by(self, name: DetectorName, outlook: Outlook) -> AnomalyReport:
        if name is not DetectorName.OBSERVED:
            detect = FORECAST_DETECTORS[name]
            return detect(outlook.weighted[:, MEDIAN_INDEX], outlook.start, outlook.history, self.threshold)
        known = self._seen.get(outlook)
        if known is None:
            known = self._seen[outlook] = self._observed(outlook)
        return known

    def _observed(self, outlook: Outlook) -> AnomalyReport:
        forecast, asked = outlook.weighted[:, MEDIAN_INDEX], outlook.asked
        if asked is None:
            return unjudged("no_history", forecast, outlook.start, self.threshold)
        if asked.stale_hours:
            # Moved forward in time: its newest hours are not those before the forecast.
            return unjudged("old_history", forecast, outlook.start, self.threshold)
        earlier = _as_of_newest(asked)
        if earlier.target.observed_hours < LEAST_HOURS_BEFORE:
            return unjudged("no_history", forecast, outlook.start, self.threshold)
        selection = outlook.selections.get(outlook.metric.name)
        selections = [selection] if selection else []
        expected = self.forecast_series(outlook.route.engine, [earlier], selections).forecasts[0]
        return detect_observed(expected, asked.target, self.threshold)


def _as_of_newest(asked: ForecastRequest) -> ForecastRequest:
    """The request as it would have been before the newest hours came."""
    moment = asked.target.end - NEWEST_HOURS * HOUR
    cut = {name: _known(series.before(moment)) for name, series in asked.companions.items()}
    companions = {name: series for name, series in cut.items() if len(series)}
    return replace(asked, target=_known(asked.target.before(moment)), start=moment, companions=companions)


def _known(series: LoadSeries) -> LoadSeries:
    """Ending at an observed hour, as forecasters expect it."""
    if len(series) and series.observed[-1]:
        return series
    return from_hour_slots(series.start, series.values, series.observed)
