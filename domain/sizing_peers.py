"""What others would size by, on hourly history: the rules a size of ours must beat.

Own words and code after the public sources of each tool. They see samples finer than an hour; here an hour of mean m
and maximum x stands for twelve samples, one at x and eleven at (12 m − x) ÷ 11, which keeps both. Rules that keep peaks
only look at the hourly maxima. Hysteresis between updates and reactions to out-of-memory kills are left out: the
past is taken as it was measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.metrics import Resource

Floats = NDArray[np.float64]

SAMPLES_PER_HOUR = 12
DAY = 24
_MIB = 2.0**20
_GIB_IN_MIB = 1024.0


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PastUse:
    """Up to 14 days of one resource of one service, observed hours only, oldest first.

    Attributes:
        mean: (n,) hourly means, n ≥ 1.
        maximum: (n,) hourly maxima.
        age: (n,) hours from each hour to the newest, ≥ 0.
        unit: How many vCPUs, or GiB, one unit of the values is; rules with a floor or buckets need it.
    """

    mean: Floats
    maximum: Floats
    age: Floats
    unit: float = 1.0

    def newest(self, hours: int) -> PastUse:
        """The hours younger than ``hours``."""
        keep = self.age < hours
        return PastUse(mean=self.mean[keep], maximum=self.maximum[keep], age=self.age[keep], unit=self.unit)

    def samples(self) -> tuple[Floats, Floats, Floats]:
        """(2n,) values, how many samples each stands for, and ages."""
        rest = np.maximum((SAMPLES_PER_HOUR * self.mean - self.maximum) / (SAMPLES_PER_HOUR - 1), 0.0)
        counts = np.repeat([1.0, SAMPLES_PER_HOUR - 1.0], self.mean.size)
        return np.concatenate([self.maximum, rest]), counts, np.tile(self.age, 2)

    def daily_peaks(self) -> tuple[Floats, Floats]:
        """Peak of each 24 hours back from the newest hour, and its age in days."""
        day = (self.age // DAY).astype(np.int64)
        days = np.unique(day)
        return np.array([self.maximum[day == one].max() for one in days]), days.astype(np.float64)


Peer = Callable[[PastUse, Resource], float]


def weighted_percentile(values: Floats, weights: Floats, level: float) -> float:
    """The smallest value at or below which at least ``level`` of the weight lies."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    index = int(np.searchsorted(reached, level * reached[-1] * (1 - 1e-12)))
    return float(values[order[min(index, values.size - 1)]])


def halving(age: Floats, half_life: float) -> Floats:
    """Weights that halve every ``half_life``."""
    weights: Floats = np.exp2(-age / half_life)
    return weights


def bucket_end(value: float, first: float) -> float:
    """Upper end of the exponential bucket a value falls into: start(b) = first × (1.05^b − 1) ÷ 0.05, in its unit."""
    bucket = int(math.log1p(max(value, 0.0) * 0.05 / first) / math.log(1.05) + 1e-9)
    return float(first * (1.05 ** (min(bucket, 175) + 1) - 1.0) / 0.05)


def vpa(past: PastUse, resource: Resource) -> float:
    """Vertical Pod Autoscaler's target: P90 of decaying histograms × 1.15, from 8 days of hourly history.

    CPU: every sample, halving each 24 hours. Memory: one peak a day, eight of them. At least 25 m and 250 MiB.
    """
    recent = past.newest(8 * DAY)
    if resource is Resource.CPU:
        values, counts, age = recent.samples()
        found = weighted_percentile(values, counts * halving(age, DAY), 0.9)
        return max(1.15 * bucket_end(found * past.unit, 0.01), 0.025) / past.unit
    peaks, days = recent.daily_peaks()
    found = weighted_percentile(peaks, halving(days, 1.0), 0.9)
    mib = bucket_end(found * past.unit * _GIB_IN_MIB * _MIB, 1e7) / _MIB
    return max(1.15 * mib, 250.0) / _GIB_IN_MIB / past.unit


def krr(past: PastUse, resource: Resource) -> float:
    """KRR's ``simple``: CPU P95 of 14 days of samples; memory maximum × 1.15; up to a milli-core or MiB, floors."""
    if resource is Resource.CPU:
        values, counts, _ = past.samples()
        milli = weighted_percentile(values, counts, 0.95) * past.unit * 1000.0
        return max(math.ceil(milli - 1e-9), 10) / 1000.0 / past.unit
    mib = float(past.maximum.max()) * 1.15 * past.unit * _GIB_IN_MIB
    return max(math.ceil(mib - 1e-9), 100) / _GIB_IN_MIB / past.unit


def compute_optimizer(past: PastUse, _resource: Resource) -> float:
    """AWS Compute Optimizer, one reading: P99.5 of 14 days of hourly maxima, and 20 % headroom on top (× 1.2)."""
    return 1.2 * float(np.quantile(past.maximum, 0.995))


def compute_optimizer_share(past: PastUse, _resource: Resource) -> float:
    """The other reading: the same P99.5 shall be at most 80 % of the size (÷ 0.8)."""
    return float(np.quantile(past.maximum, 0.995)) / 0.8


def max14(past: PastUse, _resource: Resource) -> float:
    """The maximum of 14 days × 1.15: what many do by hand."""
    return 1.15 * float(past.maximum.max())


def autopilot_window(past: PastUse, resource: Resource) -> float:
    """Autopilot's moving window: a percentile of load, not of time, of decaying samples, + 10 %, ≥ the last hour.

    CPU (serving): P95, halving each 12 hours. Memory (low tolerance): P98 of the hourly peaks, halving each 48.
    """
    if resource is Resource.CPU:
        values, counts, age = past.samples()
        level, weights = 0.95, counts * halving(age, 12.0)
    else:
        values, level, weights = past.maximum, 0.98, halving(past.age, 48.0)
    load = weights * np.maximum(values, 0.0)
    found = weighted_percentile(values, load if load.sum() > 0 else weights, level)
    return max(1.1 * found, float(past.maximum[past.age == past.age.min()][0]))


PEERS: Mapping[str, Peer] = {
    "vpa": vpa,
    "krr": krr,
    "compute-optimizer": compute_optimizer,
    "compute-optimizer-share": compute_optimizer_share,
    "max14": max14,
    "autopilot-window": autopilot_window,
}
