"""Days whose size is to be judged: what was known before each, and what the day then used."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from application.windows import MIN_OBSERVED_SHARE, BacktestWindow
from domain.forecast import HORIZON_HOURS
from domain.metrics import MAX_SUFFIX, MetricKind, Resource, describe_metric
from domain.ports.backtest_source import BacktestSeries
from domain.ports.forecaster import LOOKBACK_HOURS, ForecastRequest
from domain.series import HOUR, Bools, Floats, LoadSeries
from domain.sizing_peers import PastUse

IN_USE_CPU = 0.02
# Peers round to buckets and have floors in vCPUs and GiB: a share of capacity stands for a share of this machine.
ASSUMED_CAPACITY = {Resource.CPU: 4.0, Resource.MEMORY: 16.0}


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


def companions_of(name: str) -> tuple[str, ...]:
    """Names under which the hourly maxima of a metric may be found."""
    catalogued = describe_metric(name).max_companion
    return tuple(dict.fromkeys((name + MAX_SUFFIX, *([catalogued] if catalogued else []))))


def pair_series(series: Sequence[BacktestSeries]) -> list[ServicePast]:
    """Every CPU or memory metric whose hourly maxima are there too."""
    known = {(item.dataset, item.service_id, item.metric.name): item for item in series}
    pairs = []
    for (dataset, service, name), mean in known.items():
        named = ((dataset, service, one) for one in companions_of(name))
        maximum = next((known[key] for key in named if key in known), None)
        resource = mean.metric.resource
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

    def window(self, subject: ServicePast) -> BacktestWindow:
        """The same day as forecasters are compared on."""
        return BacktestWindow(subject=subject.maximum, request=self.request, actual=self.peaks, observed=self.observed)


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
