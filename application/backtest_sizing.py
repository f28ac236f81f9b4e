"""Use case: how good would the sizes have been? One size a day, held against the hourly maxima of the next day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from domain.errors import ModelRefused, NotEnoughHistory
from domain.forecast import HORIZON_HOURS, Forecast
from domain.metrics import MAX_SUFFIX, MetricKind, Resource, describe_metric
from domain.ports.backtest_source import BacktestSeries
from domain.ports.forecaster import LOOKBACK_HOURS, Forecaster, ForecastRequest
from domain.series import HOUR, Bools, Floats, LoadSeries
from domain.size_constants import rule_for
from domain.size_rule import day_size
from domain.sizing_peers import PEERS, PastUse, weighted_percentile

IN_USE_CPU = 0.02
# Half of the two weeks and of the day judged must have been observed.
MIN_OBSERVED_SHARE = 0.5
# Peers round to buckets and have floors in vCPUs and GiB: a share of capacity stands for a share of this machine.
ASSUMED_CAPACITY = {Resource.CPU: 4.0, Resource.MEMORY: 16.0}
# Risks at which our sizes are noted, to compare rules at equal hours over; sizes between them are interpolated.
SWEPT_RISKS = tuple(float(risk) for risk in np.geomspace(0.12, 0.0008, 16))
P95 = 0.95


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class ServicePast:
    """Means and maxima of one resource of one service, over the hours both span.

    Attributes:
        dataset: Where it comes from.
        service_id: Unique within the data set.
        resource: CPU or memory.
        mean: Hourly means.
        maximum: Hourly maxima.
        in_use: Whether the CPU's mean over the first two weeks is at least 2 % of capacity; False when not known.
    """

    dataset: str
    service_id: str
    resource: Resource
    mean: BacktestSeries
    maximum: BacktestSeries
    in_use: bool

    @property
    def kept_apart(self) -> bool:
        """Whether the constants of the rule were fitted without this service."""
        return is_kept_apart(self.dataset, self.service_id)


def is_kept_apart(dataset: str, service_id: str) -> bool:
    """Half of all services, by a hash of their names: the rule's constants are judged on these."""
    return int(hashlib.sha256(f"sizing/{dataset}/{service_id}".encode()).hexdigest(), 16) % 2 == 0


def pair_series(series: Sequence[BacktestSeries]) -> list[ServicePast]:
    """Every CPU or memory metric whose hourly maxima are there too."""
    known = {(item.dataset, item.service_id, item.metric.name): item for item in series}
    pairs = []
    for (dataset, service, name), mean in known.items():
        maximum, resource = known.get((dataset, service, name + MAX_SUFFIX)), mean.metric.resource
        if maximum is None or resource is None:
            continue
        cpu = next((known[key] for metric in ("cpu", "avg_cpu") if (key := (dataset, service, metric)) in known), None)
        pairs.append(
            ServicePast(
                dataset=dataset, service_id=service, resource=resource, mean=mean, maximum=maximum,
                in_use=cpu is not None and _first_weeks_mean(cpu.series) >= IN_USE_CPU,
            )
        )  # fmt: skip
    return pairs


def _first_weeks_mean(series: LoadSeries) -> float:
    seen = series.values[:LOOKBACK_HOURS][series.observed[:LOOKBACK_HOURS]]
    return float(seen.mean()) if seen.size else 0.0


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class SizingDay:
    """What is known before a day, and what the day then used.

    Attributes:
        request: Two weeks of hourly maxima, as a forecaster gets them.
        past: The same two weeks as the peers see them.
        peaks: (24,) hourly maxima of the day.
        means: (24,) hourly means of the day.
        observed: (24,) hours that count.
    """

    request: ForecastRequest
    past: PastUse
    peaks: Floats
    means: Floats
    observed: Bools


def sizing_days(subject: ServicePast, origins: int) -> Iterator[SizingDay]:
    """The days that have two weeks before them, oldest first; the newest ``origins`` of them, 0 takes all."""
    start = max(subject.mean.series.start, subject.maximum.series.start)
    mean, maximum = _from(subject.mean.series, start), _from(subject.maximum.series, start)
    length = min(len(mean), len(maximum))
    positions = range(LOOKBACK_HOURS, length - HORIZON_HOURS + 1, HORIZON_HOURS)
    for position in positions[-origins:] if origins else positions:
        both = mean.observed[:length] & maximum.observed[:length]
        before, ahead = slice(position - LOOKBACK_HOURS, position), slice(position, position + HORIZON_HOURS)
        known = maximum.observed[before]
        enough = min(both[before].mean(), both[ahead].mean()) >= MIN_OBSERVED_SHARE
        if not enough or not known[-HORIZON_HOURS:].any():
            continue
        seen = np.flatnonzero(both[before])
        stop = position - int(known[::-1].argmax())
        target = LoadSeries(
            start + before.start * HOUR, maximum.values[before.start : stop].copy(),
            maximum.observed[before.start : stop].copy(),
        )  # fmt: skip
        yield SizingDay(
            request=ForecastRequest(metric=subject.maximum.metric, target=target, start=start + position * HOUR),
            past=PastUse(
                mean=mean.values[before][seen], maximum=maximum.values[before][seen],
                age=np.asarray(LOOKBACK_HOURS - 1 - seen, dtype=np.float64), unit=_unit(subject),
            ),
            peaks=maximum.values[ahead], means=mean.values[ahead], observed=both[ahead],
        )  # fmt: skip


def _from(series: LoadSeries, start: datetime) -> LoadSeries:
    skipped = min(len(series), max(0, int((start - series.start) / HOUR)))
    return LoadSeries(series.start + skipped * HOUR, series.values[skipped:], series.observed[skipped:])


def _unit(subject: ServicePast) -> float:
    is_ratio = describe_metric(subject.mean.metric.name).kind is MetricKind.RATIO
    return ASSUMED_CAPACITY[subject.resource] if is_ratio else 1.0


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
        ours: Forecaster → (d, risks) sizes, at the asked risks, then at ``SWEPT_RISKS``; NaN where it cannot answer.
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
    """

    forecasters: Mapping[str, Forecaster]
    peers: Sequence[str]
    risks: Sequence[float]
    origins: int = 0

    def __call__(self, subjects: Sequence[ServicePast]) -> list[SizingOutcome]:
        """One outcome per subject that has a day to be judged."""
        judged = [(subject, list(sizing_days(subject, self.origins))) for subject in subjects]
        return [self._outcome(subject, days) for subject, days in judged if days]

    def _outcome(self, subject: ServicePast, days: Sequence[SizingDay]) -> SizingOutcome:
        observed = np.array([day.observed for day in days])
        peaks, means = np.array([day.peaks for day in days]), np.array([day.means for day in days])
        sizes = {name: np.array([PEERS[name](day.past, subject.resource) for day in days]) for name in self.peers}
        return SizingOutcome(
            dataset=subject.dataset, resource=subject.resource, in_use=subject.in_use,
            peaks=np.where(observed, peaks, -np.inf), hours=observed.sum(axis=1).astype(np.float64),
            used=np.where(observed, means, 0.0).sum(axis=1),
            p95=np.array([_p95(day) for day in days]),
            peers=sizes,
            ours={name: self._ours(item, subject.resource, days) for name, item in self.forecasters.items()},
        )  # fmt: skip

    def _ours(self, forecaster: Forecaster, resource: Resource, days: Sequence[SizingDay]) -> Floats:
        forecasts = _answers(forecaster, [day.request for day in days])
        risks = (*self.risks, *SWEPT_RISKS)
        sizes = np.full((len(days), len(risks)), np.nan)
        for row, (day, forecast) in enumerate(zip(days, forecasts, strict=True)):
            if forecast is not None:
                sizes[row] = sizes_of(forecast, day.request.target, resource, risks)
        return sizes


def sizes_of(forecast: Forecast, target: LoadSeries, resource: Resource, risks: Sequence[float]) -> list[float]:
    """A plan's sizes for a forecast of hourly maxima, in the unit of the series, at several risks."""
    quantiles, past = np.maximum(forecast.quantiles, 0.0), np.sort(target.observed_values)
    rule = rule_for(forecast.source, resource)
    return [day_size(quantiles, past, risk, rule) for risk in risks]


def _p95(day: SizingDay) -> float:
    use = PastUse(mean=day.means[day.observed], maximum=day.peaks[day.observed], age=np.zeros(int(day.observed.sum())))
    values, counts, _ = use.samples()
    return weighted_percentile(values, counts, P95)


def _answers(forecaster: Forecaster, requests: Sequence[ForecastRequest]) -> list[Forecast | None]:
    try:
        return list(forecaster.forecast_many(requests))
    except (NotEnoughHistory, ModelRefused):
        return [_answer(forecaster, request) for request in requests]


def _answer(forecaster: Forecaster, request: ForecastRequest) -> Forecast | None:
    try:
        return forecaster.forecast_many([request])[0]
    except (NotEnoughHistory, ModelRefused):
        return None
