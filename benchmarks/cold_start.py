"""Fit the cold start's constants and simulate it: services kept out, of which only the first hours are shown.

    python -m benchmarks.cold_start --source FOLDER [--fit]

FOLDER holds Parquet files of hourly series (columns dataset, service_id, metric_name, ts, value). Seven tenths of the
services (by a hash of their names) are fitted on; the table is of the others. Each "service" begins at up to five
places of its series; 0, 1, 6, 24, 72 or 168 hours are shown, and the next 24 are scored. Below 24 hours the cold start
answers in ``mcp-core analyze --plan``, from 24 on the normal pipeline, here its statistical baseline. Needs the extra
``train``; about a minute.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from adapters.forecasters.statistical import StatisticalForecaster
from domain.cold_start.constants import ENOUGH_HOURS, HOURS
from domain.cold_start.fan import fan
from domain.cold_start.levels import Provision, level_of, to_logit
from domain.forecast import MEDIAN_INDEX, QUANTILE_LEVELS
from domain.metrics import Resource, describe_metric
from domain.ports.forecaster import ForecastRequest
from domain.repository.known import ServiceKind
from domain.repository.profile import ServiceProfile
from domain.series import HOUR, Floats, LoadSeries

# Sets that give shares of a capacity, for CPU and for memory.
DATASETS = ("bitbrains_rnd", "bitbrains_faststorage", "azure_v1_sample", "google2011_jobs")
METRICS = {Resource.CPU: ("cpu", "avg_cpu"), Resource.MEMORY: ("memory", "avg_memory")}
SWINGS = (("microsoft_monitoring", "requests"), ("jumpstarter_services", "metric_04"), ("bitbrains_rnd", "cpu"))
SHOWN = (0, 1, 6, 24, 72, 168)
LENGTH = 168 + 24
EVERY = 24 * 5 + 7
MOST_MISSING = 0.1
START = datetime(2026, 1, 5, tzinfo=UTC)
LEVELS = np.array(QUANTILE_LEVELS)
PROFILE = ServiceProfile(name="unseen", kind=ServiceKind.DB)
PROVISION = Provision(amount=1.0, reach=1.0, why="declared")


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """A service from one of its beginnings: hourly means and maxima, NaN where nothing was measured."""

    dataset: str
    service: str
    mean: Floats
    peak: Floats

    @property
    def is_fitted(self) -> bool:
        """Whether its service is among those fitted on."""
        return int(hashlib.blake2b(self.service.encode(), digest_size=4).hexdigest(), 16) % 10 < 7


def main() -> None:
    """Print the fitted constants when asked for, then the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--fit", action="store_true", help="fit and print the constants as well")
    options = parser.parse_args()
    if options.fit:
        print_swings(options.source)
    for resource, (name, metric) in METRICS.items():
        cases = list(read_cases(options.source, name))
        if options.fit:
            fit(resource, [case for case in cases if case.is_fitted])
            print_sizes(options.source, resource, cases)
        simulate(resource, metric, [case for case in cases if not case.is_fitted])


def read_cases(folder: Path, metric: str) -> Iterator[Case]:
    """Every beginning of every service."""
    for dataset in DATASETS:
        wanted = [("metric_name", "in", [metric, f"{metric}_max"])]
        rows = pd.read_parquet(folder / f"{dataset}.parquet", filters=wanted)
        for service, own in rows.groupby("service_id", observed=True):
            table = own.pivot_table(index="ts", columns="metric_name", values="value", observed=True)
            if metric in table:
                table = table.reindex(pd.date_range(table.index[0], table.index[-1], freq="h"))
                peak = table.get(f"{metric}_max", table[metric]).to_numpy(float)
                yield from _beginnings(dataset, str(service), table[metric].to_numpy(float), peak)


def _beginnings(dataset: str, service: str, mean: Floats, peak: Floats) -> Iterator[Case]:
    for first in range(0, EVERY * 5, EVERY):
        case = Case(dataset, service, mean[first : first + LENGTH], peak[first : first + LENGTH])
        if len(case.mean) < LENGTH or np.isnan(case.mean[0]) or np.isnan(case.mean).mean() > MOST_MISSING:
            continue
        if not any(
            np.isnan(values[hours : hours + 24]).all()
            for hours in (*HOURS, *SHOWN)
            for values in (case.mean, case.peak)
        ):
            yield case


def fit(resource: Resource, cases: Sequence[Case]) -> None:
    """Print level, its spread and correlation, and per row of ``HOURS`` what is learned and the steps."""
    levels = pd.DataFrame(
        {"service": [f"{case.dataset} {case.service}" for case in cases],
         "place": [case.dataset.split("_")[0] for case in cases],
         "level": [float(to_logit(float(np.nanmean(case.mean)))) for case in cases]}
    ).groupby(["place", "service"], as_index=False)["level"].mean()  # fmt: skip
    centre = float(levels["level"].median())
    within = float(np.sqrt(np.mean([np.nanvar(to_logit(case.mean)) for case in cases])))
    print(f"{resource}: {len(levels)} services, {len(cases)} beginnings; median {centre:.2f}, level_deviation "
          f"{levels['level'].std():.2f}, correlation {_correlation(levels):.2f}, within {within:.2f}")  # fmt: skip
    for hours in HOURS:
        seen = np.array([np.nanmean(to_logit(case.mean[:hours])) if hours else centre for case in cases])
        mean = np.array([to_logit(case.mean[hours : hours + 24]) for case in cases])
        peak = np.array([to_logit(case.peak[hours : hours + 24]) for case in cases])
        off, then = seen - centre, np.nanmedian(mean, axis=1) - centre
        learned = min(1.0, float((off * then).sum() / (off**2).sum())) if hours else 0.0
        expected = (centre + learned * off)[:, None]
        steps = [np.nanquantile(values - expected, LEVELS).round(2).tolist() for values in (mean, peak)]
        print(f"  {hours} h: learned {learned:.2f}, mean_steps {steps[0]}, peak_steps {steps[1]}")


def _correlation(levels: pd.DataFrame) -> float:
    """Intraclass correlation of services of one place, by analysis of variance."""
    groups = [own["level"].to_numpy() for _, own in levels.groupby("place")]
    count, places = sum(map(len, groups)), len(groups)
    size = (count - sum(len(own) ** 2 for own in groups) / count) / (places - 1)
    between = sum(len(own) * (own.mean() - levels["level"].mean()) ** 2 for own in groups) / (places - 1)
    inside = sum(float(((own - own.mean()) ** 2).sum()) for own in groups) / (count - places)
    return float((between - inside) / (between + (size - 1) * inside))


def print_sizes(folder: Path, resource: Resource, cases: Sequence[Case]) -> None:
    """What the hours' maxima were in vCPUs or GiB, where the source tells a machine's size (series_meta.parquet)."""
    sizes = pd.read_parquet(folder.parent / "series_meta.parquet").set_index(["dataset", "service_id"])
    column = sizes["cpu_cores" if resource is Resource.CPU else "memory_capacity_gib"].dropna()
    peaks = [case.peak * column[case.dataset, case.service] for case in cases
             if (case.dataset, case.service) in column.index]  # fmt: skip
    told = np.nanquantile(np.concatenate(peaks), [0.9, 0.95]).round(1)
    print(f"  {resource}: an hour's maximum was below {told[0]} and {told[1]} in 90 and 95 % of hours")


def print_swings(folder: Path) -> None:
    """Median daily swing (first harmonic of the mean day over its mean) of request rates and of CPU."""
    for dataset, metric in SWINGS:
        rows = pd.read_parquet(folder / f"{dataset}.parquet", filters=[("metric_name", "==", metric)])
        found = []
        for _, own in rows.groupby("service_id", observed=True):
            day = own.groupby(own["ts"].dt.hour)["value"].mean().to_numpy()
            if len(day) == 24 and day.mean() > 0:
                found.append(abs(np.fft.rfft(day / day.mean())[1]) * 2 / 24)
        print(f"swing of {metric} in {dataset}: {np.median(found):.2f} ({len(found)} services)")


def simulate(resource: Resource, metric: str, cases: Sequence[Case]) -> None:
    """Print the table of one resource."""
    services = len({(case.dataset, case.service) for case in cases})
    print(f"\n{resource}: {services} services kept out, {len(cases)} beginnings\n")
    print("| hours shown | answers | error of the median | pinball loss | p90 / p10 | means below p90 / p95 / p99 "
          "| maxima below p90 / p95 / p99 |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for hours in SHOWN:
        if hours < ENOUGH_HOURS:
            _print_row("cold start", cases, hours, cold_start(resource, cases, hours))
        if hours > 0:
            _print_row("baseline", cases, hours, baseline(metric, cases, hours))


def _print_row(who: str, cases: Sequence[Case], hours: int, said: tuple[Floats, Floats]) -> None:
    # All of the capacity is all there is: turbo clocks show up to a few percent more.
    then = np.minimum([case.mean[hours : hours + 24] for case in cases], 1.0)
    peak = np.minimum([case.peak[hours : hours + 24] for case in cases], 1.0)
    means, peaks = said
    level = np.nansum(then)
    error = np.nansum(np.abs(means[:, :, MEDIAN_INDEX] - then)) / level
    off = then[:, :, None] - means
    loss = np.nansum(np.maximum(LEVELS * off, (LEVELS - 1) * off)) / len(LEVELS) / level
    width = np.median(means[:, :, 4] / np.maximum(means[:, :, 0], 1e-3))
    print(f"| {hours} | {who} | {error:.0%} | {loss:.3f} | {width:.1f} | {_covered(then, means)} "
          f"| {_covered(peak, peaks)} |")  # fmt: skip


def _covered(then: Floats, said: Floats) -> str:
    counted = ~np.isnan(then)
    shares = [float((then <= said[:, :, index])[counted].mean()) for index in (4, 5, 6)]
    return " / ".join(f"{share:.3f}" for share in shares)


def cold_start(resource: Resource, cases: Sequence[Case], hours: int) -> tuple[Floats, Floats]:
    """Quantiles of means and maxima, each of shape (cases, 24, 7)."""
    level = level_of(PROFILE, resource, PROVISION)
    start = START + hours * HOUR
    fans = [fan(resource, level, _series(case.mean[:hours]), PROFILE.kind, start) for case in cases]
    return np.array([item.mean for item in fans]), np.array([item.peak for item in fans])


def baseline(metric: str, cases: Sequence[Case], hours: int) -> tuple[Floats, Floats]:
    """The same of the statistical baseline, means and maxima each from their own past."""
    start, forecaster = START + hours * HOUR, StatisticalForecaster()
    means, peaks = (
        np.array([made.quantiles for made in forecaster.forecast_many(
            [_request(metric, values[:hours], start) for values in series])])
        for series in ([case.mean for case in cases], [case.peak for case in cases])
    )  # fmt: skip
    return means, peaks


def _request(metric: str, values: Floats, start: datetime) -> ForecastRequest:
    return ForecastRequest(metric=describe_metric(metric), target=_series(values), start=start)


def _series(values: Floats) -> LoadSeries:
    observed = ~np.isnan(values)
    filled = pd.Series(values).ffill().fillna(0.0).to_numpy(dtype=np.float64, copy=True)
    return LoadSeries(START, filled, observed)


if __name__ == "__main__":
    main()
