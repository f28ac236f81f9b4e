"""A simulated cluster: 1,439 hours of scheduling events and machine usage in the 16 raw columns of the wide layout.

Nothing here is measured. The shape is that of a business cluster: two daily peaks, quiet weekends, slow growth, noise
that lasts for some hours, and four incidents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.covariates.calendar import calendar_features
from domain.covariates.layout import RAW_COLUMNS
from domain.simulation.noise import daily_bumps, generator, noise_with_memory, smoothed

Floats = NDArray[np.float64]

CLUSTER_HOURS: Final = 1439
CLUSTER_ORIGIN: Final = datetime(2026, 9, 25, tzinfo=UTC)

_PART: Final = 1
_MACHINES: Final = 480
_SWITCHES: Final = 40
_PLATFORMS: Final = 4
_EVENTS_PER_HOUR: Final = 1500.0
_GROWTH_PER_HOUR: Final = 0.15 / CLUSTER_HOURS
_DAILY_BUMPS: Final = ((10.0, 2.6, 0.75), (16.0, 3.2, 0.85), (2.0, 1.4, 0.25))
_SATURDAY, _SUNDAY = 6, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something unusual: from ``start`` on, for ``hours`` hours, factors on demand and on kinds of events."""

    start: int
    hours: int
    demand: float = 1.0
    updates: float = 1.0
    removals: float = 1.0


_INCIDENTS: Final = (
    Incident(start=327, hours=5, demand=1.9),  # a campaign
    Incident(start=562, hours=2, updates=4.0),  # a roll-out to every machine at once
    Incident(start=873, hours=3, demand=0.35, removals=3.0),  # part of the network is down
    Incident(start=1204, hours=4, demand=1.6, updates=1.5),  # a flood of retries
)


def simulate_cluster(seed: int) -> Floats:
    """Simulate the raw columns.

    Args:
        seed: Any integer ≥ 0; the same seed gives the same numbers.

    Returns:
        Shape (1439, 16), columns as ``RAW_COLUMNS``: counts per hour are whole numbers; CPU and memory are ratios of
        a machine in 0..1 over the machines seen, with min ≤ avg ≤ max; total_events = add + remove + update.
    """
    rng = generator(seed, _PART)
    demand = _demand(rng)
    counts = _counts(rng, demand)
    usage = {
        **_usage("cpu", 0.2 + 0.24 * demand, rng, spread=0.012),
        **_usage("memory", 0.42 + 0.12 * smoothed(demand, memory=0.85), rng, spread=0.008),
    }
    columns = {"hour_offset": np.arange(float(CLUSTER_HOURS)), **counts, **usage}
    return np.column_stack([columns[name] for name in RAW_COLUMNS])


def _demand(rng: np.random.Generator) -> Floats:
    """Demand relative to a usual hour, shape (n,), above 0."""
    hours = np.arange(float(CLUSTER_HOURS))
    calendar = calendar_features(hours, CLUSTER_ORIGIN)
    hour_of_day, day_of_week = calendar[:, 0], calendar[:, 1]
    weekend = np.where(day_of_week == _SUNDAY, 0.55, np.where(day_of_week == _SATURDAY, 0.65, 1.0))
    shape = 0.35 + daily_bumps(hour_of_day, _DAILY_BUMPS) * weekend
    noise = noise_with_memory(rng, CLUSTER_HOURS, memory=0.75, spread=0.07)
    demand = shape * (1 + _GROWTH_PER_HOUR * hours) * np.exp(noise)
    return demand * _incident_factor("demand")


def _incident_factor(field: str) -> Floats:
    factor = np.ones(CLUSTER_HOURS)
    for incident in _INCIDENTS:
        factor[incident.start : incident.start + incident.hours] *= getattr(incident, field)
    return factor


def _counts(rng: np.random.Generator, demand: Floats) -> dict[str, Floats]:
    def noisy(mean: Floats, spread: float) -> Floats:
        return np.rint(mean * np.exp(spread * rng.standard_normal(CLUSTER_HOURS)))

    added = noisy(0.24 * _EVENTS_PER_HOUR * demand, 0.05)
    removed = noisy(0.22 * _EVENTS_PER_HOUR * smoothed(demand, memory=0.4) * _incident_factor("removals"), 0.05)
    updated = noisy(0.54 * _EVENTS_PER_HOUR * demand * _incident_factor("updates"), 0.06)
    total = added + removed + updated
    machines = np.clip(noisy(_MACHINES * (1 - np.exp(-1.2 * total / _EVENTS_PER_HOUR)), 0.015), 1, _MACHINES)
    machines = np.minimum(machines, total)
    switches = np.clip(np.rint(_SWITCHES * (1 - np.exp(-machines / 90))), 1, np.minimum(_SWITCHES, machines))
    platforms = np.where(rng.random(CLUSTER_HOURS) < machines / _MACHINES + 0.2, _PLATFORMS, _PLATFORMS - 1)
    return {
        "total_events": total,
        "add_events": added,
        "remove_events": removed,
        "update_events": updated,
        "unique_machines": machines,
        "unique_switches": switches,
        "unique_platforms": platforms.astype(np.float64),
    }


def _usage(resource: str, level: Floats, rng: np.random.Generator, *, spread: float) -> dict[str, Floats]:
    """avg, min, max and std of one resource over the machines; a standard deviation that this range allows."""
    mean = np.clip(level + noise_with_memory(rng, CLUSTER_HOURS, memory=0.6, spread=spread), 0.02, 0.97)
    lowest = mean * (0.25 + 0.2 * rng.random(CLUSTER_HOURS))
    highest = mean + (1 - mean) * (0.55 + 0.4 * rng.random(CLUSTER_HOURS))
    # No distribution on [min, max] with this mean has a larger deviation (Bhatia and Davis, 2000).
    widest = np.sqrt((highest - mean) * (mean - lowest))
    deviation = widest * (0.35 + 0.1 * rng.random(CLUSTER_HOURS))
    named = (("avg", mean), ("std", deviation), ("min", lowest), ("max", highest))
    return {f"{kind}_{resource}": np.round(values, 4) for kind, values in named}
