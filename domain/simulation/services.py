"""Eight simulated services of different character, each four weeks of hourly CPU, memory and requests.

Nothing here is measured. Requests drive CPU at once and memory slowly, so the metrics of a service belong together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.covariates.calendar import calendar_features
from domain.simulation.noise import daily_bumps, generator, noise_with_memory, smoothed

Floats = NDArray[np.float64]

SERVICE_HOURS: Final = 28 * 24
SERVICE_END: Final = datetime(2026, 11, 23, 23, tzinfo=UTC)
SERVICE_START: Final = SERVICE_END - timedelta(hours=SERVICE_HOURS - 1)

_FIRST_PART: Final = 100
_BURST_MEMORY: Final = 0.55
_SATURDAY, _SUNDAY = 6, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProfile:
    """What a service is like. CPU and memory are ratios of its capacity; load 1 is a usual busy hour.

    Attributes:
        service_id: Name.
        hours: How many hours of history it has, up to the common last hour.
        requests_per_hour: Requests at load 1.
        quiet_load: Load outside the peaks.
        peaks: Peak hour (UTC), width in hours and height of each daily peak.
        weekend: Factor on the peaks at weekends.
        growth: Relative growth over four weeks.
        load_spread: Relative spread of the load from hour to hour.
        bursts_per_day: How often a burst starts; ``burst_height`` is the load one adds at its start.
        special: First hour (from the start), length in hours and factor of unusual hours.
        cpu: Ratio when idle, and ratio added at load 1.
        cpu_peak_ratio: Usual hourly maximum of CPU divided by its mean.
        memory: Ratio when idle, ratio added at load 1, and ratio added over four weeks.
    """

    service_id: str
    hours: int = SERVICE_HOURS
    requests_per_hour: float
    quiet_load: float
    peaks: tuple[tuple[float, float, float], ...]
    weekend: float = 1.0
    growth: float = 0.0
    load_spread: float = 0.06
    bursts_per_day: float = 0.0
    burst_height: float = 0.0
    special: tuple[tuple[int, int, float], ...] = ()
    cpu: tuple[float, float]
    cpu_peak_ratio: float = 1.25
    memory: tuple[float, float, float]


_CAMPAIGN: Final = ((402, 4, 1.35),)
_EVENING: Final = ((12.0, 3.0, 0.45), (19.0, 2.6, 0.75))

PROFILES: Final[tuple[ServiceProfile, ...]] = (
    ServiceProfile(service_id="shop-web", requests_per_hour=42_000, quiet_load=0.2, peaks=_EVENING, weekend=1.25,
                   growth=0.12, special=_CAMPAIGN, cpu=(0.06, 0.38), cpu_peak_ratio=1.3, memory=(0.42, 0.06, 0.0)),
    ServiceProfile(service_id="shop-api", requests_per_hour=96_000, quiet_load=0.25, peaks=_EVENING, weekend=1.15,
                   growth=0.12, special=_CAMPAIGN, cpu=(0.04, 0.21), memory=(0.3, 0.04, 0.0)),
    ServiceProfile(service_id="orders-db", requests_per_hour=61_000, quiet_load=0.35,
                   peaks=((2.0, 0.9, 0.5), (12.0, 3.5, 0.35), (19.0, 3.0, 0.5)), growth=0.08, load_spread=0.04,
                   special=((291, 1, 0.3),), cpu=(0.1, 0.22), cpu_peak_ratio=1.35, memory=(0.74, 0.03, 0.08)),
    ServiceProfile(service_id="search-api", requests_per_hour=150_000, quiet_load=0.45,
                   peaks=((10.0, 2.5, 0.5), (15.0, 3.0, 0.6)), weekend=0.55, growth=0.05,
                   cpu=(0.12, 0.4), cpu_peak_ratio=1.15, memory=(0.55, 0.08, 0.02)),
    ServiceProfile(service_id="auth-api", requests_per_hour=2_400, quiet_load=0.15,
                   peaks=((9.0, 2.0, 0.7), (14.0, 3.0, 0.5)), weekend=0.2, load_spread=0.15,
                   cpu=(0.015, 0.03), cpu_peak_ratio=2.2, memory=(0.11, 0.005, 0.0)),
    ServiceProfile(service_id="media-web", requests_per_hour=30_000, quiet_load=0.25, peaks=((20.0, 3.5, 0.5),),
                   weekend=1.35, load_spread=0.18, bursts_per_day=0.7, burst_height=0.8,
                   cpu=(0.08, 0.5), cpu_peak_ratio=1.45, memory=(0.38, 0.14, 0.0)),
    ServiceProfile(service_id="report-batch", requests_per_hour=180, quiet_load=0.01,
                   peaks=((2.0, 1.3, 0.8), (4.0, 0.8, 0.5)), weekend=0.5, load_spread=0.1, special=((98, 3, 1.25),),
                   cpu=(0.02, 0.72), cpu_peak_ratio=1.12, memory=(0.14, 0.5, 0.0)),
    ServiceProfile(service_id="new-api", hours=10, requests_per_hour=5_200, quiet_load=0.3,
                   peaks=((17.0, 4.0, 0.6),), load_spread=0.1, cpu=(0.05, 0.2), memory=(0.22, 0.05, 0.0)),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedSeries:
    """Hourly values of one metric of one service, shape (n,), ending at ``SERVICE_END``."""

    service_id: str
    metric_name: str
    start: datetime
    values: Floats


def simulate_services(seed: int) -> tuple[SimulatedSeries, ...]:
    """Simulate all services, sorted by service and metric.

    Args:
        seed: Any integer ≥ 0; the same seed gives the same numbers.

    Returns:
        Per service avg_cpu, avg_memory, cpu_max, memory_max (ratios in 0..1, four decimals, maxima ≥ means) and
        requests (whole number per hour).
    """
    series = [
        SimulatedSeries(
            service_id=profile.service_id,
            metric_name=metric_name,
            start=SERVICE_END - timedelta(hours=profile.hours - 1),
            values=values[-profile.hours :],
        )
        for part, profile in enumerate(PROFILES, start=_FIRST_PART)
        for metric_name, values in _simulate(profile, generator(seed, part)).items()
    ]
    return tuple(sorted(series, key=lambda each: (each.service_id, each.metric_name)))


def _simulate(profile: ServiceProfile, rng: np.random.Generator) -> dict[str, Floats]:
    load = _load(profile, rng)
    requests = np.rint(profile.requests_per_hour * load)
    idle, per_load = profile.cpu
    cpu = idle + per_load * load * np.exp(0.03 * rng.standard_normal(SERVICE_HOURS))
    cpu_max = cpu * (1 + (profile.cpu_peak_ratio - 1) * np.exp(0.35 * rng.standard_normal(SERVICE_HOURS)))
    base, per_load, drift = profile.memory
    memory = base + per_load * smoothed(load, memory=0.7) + drift * np.arange(SERVICE_HOURS) / SERVICE_HOURS
    memory = memory + noise_with_memory(rng, SERVICE_HOURS, memory=0.8, spread=0.006)
    memory_max = memory + 0.01 * np.abs(rng.standard_normal(SERVICE_HOURS))
    ratios = {"avg_cpu": cpu, "cpu_max": cpu_max, "avg_memory": memory, "memory_max": memory_max}
    return {"requests": requests} | {name: np.round(np.clip(values, 0, 1), 4) for name, values in ratios.items()}


def _load(profile: ServiceProfile, rng: np.random.Generator) -> Floats:
    """Load of each of the ``SERVICE_HOURS`` hours, relative to a usual busy hour."""
    hours = np.arange(float(SERVICE_HOURS))
    calendar = calendar_features(hours, SERVICE_START)
    weekend = (calendar[:, 1] == _SATURDAY) | (calendar[:, 1] == _SUNDAY)
    peaks = daily_bumps(calendar[:, 0], profile.peaks) * np.where(weekend, profile.weekend, 1.0)
    load = profile.quiet_load + peaks
    load *= 1 + profile.growth * hours / SERVICE_HOURS
    load *= np.exp(noise_with_memory(rng, SERVICE_HOURS, memory=0.5, spread=profile.load_spread))
    for start, length, factor in profile.special:
        load[start : start + length] *= factor
    return load + _bursts(profile, rng)


def _bursts(profile: ServiceProfile, rng: np.random.Generator) -> Floats:
    """Load added by bursts: each starts at once and dies away over a few hours."""
    starts = rng.random(SERVICE_HOURS) < profile.bursts_per_day / 24
    heights = np.where(starts, profile.burst_height * (0.5 + rng.random(SERVICE_HOURS)), 0.0)
    added = np.empty(SERVICE_HOURS)
    level = 0.0
    for hour, height in enumerate(heights):
        level = _BURST_MEMORY * level + float(height)
        added[hour] = level
    return added
