"""Use case: how good would the sizes have been? One size a day, held against the hourly maxima of the next day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from application.backtest import AUTO, BASELINE, LSTM
from application.compare_forecasters import CompareForecasters
from application.sizing_days import ServicePast, SizingDay, sizing_days
from application.windows import forecast_each
from domain.forecast import Forecast
from domain.metrics import Resource
from domain.ports.forecaster import Forecaster
from domain.selection import answer_of
from domain.series import Floats, LoadSeries
from domain.size_constants import rule_for
from domain.size_rule import day_size
from domain.sizing_peers import PEERS, PastUse, weighted_percentile

# Risks at which our sizes are noted, to compare rules at equal hours over; sizes between them are interpolated.
SWEPT_RISKS = tuple(float(risk) for risk in np.geomspace(0.06, 0.001, 9))
P95 = 0.95


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class SizingOutcome:
    """The sizes of every rule for the days of one resource of one service, and what those days used.

    Attributes:
        dataset: Where the service comes from.
        resource: CPU or memory.
        in_use: As in ``ServicePast``.
        peaks: (d, 24) hourly maxima, −inf where an hour does not count.
        hours: (d,) hours that count.
        used: (d,) sum of the hourly means of these hours.
        p95: (d,) 95th percentile of the day's samples (``PastUse.samples``), for slack.
        peers: Rule → (d,) sizes.
        ours: Method → (d, risks) sizes, at the asked risks, then at ``SWEPT_RISKS``; NaN where it cannot answer.
    """

    dataset: str
    resource: Resource
    in_use: bool
    peaks: Floats
    hours: Floats
    used: Floats
    p95: Floats
    peers: Mapping[str, Floats]
    ours: Mapping[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingBacktest:
    """Sizes the days of many services by our rule and by the peers'.

    Attributes:
        forecasters: Name in the report → forecaster of the hourly maxima.
        peers: Names of ``PEERS``.
        risks: Asked shares of hours over the size.
        origins: Days per service, the newest ones; 0 takes all.
        compare: Adds the method ``auto``, what a plan would use: the blend of ``lstm`` and ``baseline``, both among
            the forecasters, that the days before each origin favour.
    """

    forecasters: Mapping[str, Forecaster]
    peers: Sequence[str]
    risks: Sequence[float]
    origins: int = 0
    compare: CompareForecasters | None = None

    def __call__(self, subjects: Sequence[ServicePast]) -> list[SizingOutcome]:
        """One outcome per subject that has a day to be judged."""
        judged = [(subject, list(sizing_days(subject, self.origins))) for subject in subjects]
        return [self._outcome(subject, days) for subject, days in judged if days]

    def _outcome(self, subject: ServicePast, days: Sequence[SizingDay]) -> SizingOutcome:
        observed = np.array([day.observed for day in days])
        peaks, means = np.array([day.peaks for day in days]), np.array([day.means for day in days])
        sizes = {name: np.array([PEERS[name](day.past, subject.resource) for day in days]) for name in self.peers}
        known: dict[int, list[float]] = {}
        forecasts = self._forecasts(subject, days)
        return SizingOutcome(
            dataset=subject.dataset, resource=subject.resource, in_use=subject.in_use,
            peaks=np.where(observed, peaks, -np.inf), hours=observed.sum(axis=1).astype(np.float64),
            used=np.where(observed, means, 0.0).sum(axis=1),
            p95=np.array([_p95(day) for day in days]),
            peers=sizes,
            ours={name: self._ours(made, subject.resource, days, known) for name, made in forecasts.items()},
        )  # fmt: skip

    def _forecasts(self, subject: ServicePast, days: Sequence[SizingDay]) -> dict[str, list[Forecast | None]]:
        requests = [day.request for day in days]
        made = {name: forecast_each(forecaster, requests) for name, forecaster in self.forecasters.items()}
        if self.compare is None:
            return made
        selections = self.compare.selections([day.window(subject) for day in days])
        return {AUTO: list(map(answer_of, selections, made[LSTM], made[BASELINE])), **made}

    def _ours(
        self, forecasts: Sequence[Forecast | None], resource: Resource, days: Sequence[SizingDay],
        known: dict[int, list[float]],
    ) -> Floats:  # fmt: skip
        """Sizes of one method; ``known`` has those of forecasts that two methods share, by identity."""
        risks = (*self.risks, *SWEPT_RISKS)
        sizes = np.full((len(days), len(risks)), np.nan)
        for row, (day, forecast) in enumerate(zip(days, forecasts, strict=True)):
            if forecast is not None:
                if id(forecast) not in known:
                    known[id(forecast)] = sizes_of(forecast, day.request.target, resource, risks)
                sizes[row] = known[id(forecast)]
        return sizes


def sizes_of(forecast: Forecast, target: LoadSeries, resource: Resource, risks: Sequence[float]) -> list[float]:
    """A plan's sizes for a forecast of hourly maxima, in the unit of the series, at several risks."""
    quantiles, past = np.maximum(forecast.quantiles, 0.0), np.sort(np.maximum(target.observed_values, 0.0))
    rule = rule_for(forecast.source, resource)
    return [day_size(quantiles, past, risk, rule) for risk in risks]


def _p95(day: SizingDay) -> float:
    use = PastUse(mean=day.means[day.observed], maximum=day.peaks[day.observed], age=np.zeros(int(day.observed.sum())))
    values, counts, _ = use.samples()
    return weighted_percentile(values, counts, P95)
