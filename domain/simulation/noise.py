"""Small building blocks of the simulations: seeded generators, daily shapes, noise with memory.

Only uniform and standard normal draws are used, and results are rounded before anything is computed from them, so that
the same seed gives the same file.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOURS_PER_DAY = 24


def generator(seed: int, part: int) -> np.random.Generator:
    """A PCG64 generator of its own for each part of a simulation, so that parts do not shift each other's draws."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, part])))


def daily_bumps(hour_of_day: Floats, bumps: Iterable[tuple[float, float, float]]) -> Floats:
    """Sum of bell-shaped daily peaks.

    Args:
        hour_of_day: Shape (n,), 0 to 23.
        bumps: Peak hour, width in hours and height of each.

    Returns:
        Shape (n,); distance runs around midnight, so a peak at 23 h reaches into the small hours.
    """
    total = np.zeros_like(hour_of_day)
    for peak, width, height in bumps:
        apart = np.abs(hour_of_day - peak)
        around = np.minimum(apart, HOURS_PER_DAY - apart)
        total += height * np.exp(-0.5 * (around / width) ** 2)
    return total


def noise_with_memory(rng: np.random.Generator, hours: int, *, memory: float, spread: float) -> Floats:
    """AR(1) noise with mean 0, standard deviation ``spread`` and correlation ``memory`` from hour to hour."""
    shocks = rng.standard_normal(hours) * spread * np.sqrt(1 - memory**2)
    level = 0.0
    noise = np.empty(hours)
    for hour, shock in enumerate(shocks):
        level = memory * level + shock
        noise[hour] = level
    return noise


def smoothed(values: Floats, *, memory: float) -> Floats:
    """Exponential smoothing that starts at the first value; memory nearer to 1 reacts more slowly."""
    result = np.empty_like(values)
    level = float(values[0])
    for hour, value in enumerate(values):
        level = memory * level + (1 - memory) * float(value)
        result[hour] = level
    return result
