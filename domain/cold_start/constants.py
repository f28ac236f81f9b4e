"""Constants of the cold start, fitted on public traces (docs/cold-start.md).

Command: ``python -m benchmarks.cold_start --source TRACES``, which prints the fitted ones; seven tenths of the services
were fitted on, the others are what the page's coverage and errors come from.

Shares of capacity are handled as ``log(x / (CEILING − x))``: idle services have room to grow many times over, busy ones
do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from domain.metrics import Resource
from domain.repository.known import ServiceKind
from domain.series import Floats

# CPU exceeds its capacity for short times (turbo clocks); less than a thousandth counts as a thousandth.
CEILING = 1.25
LEAST_SHARE, MOST_SHARE = 1e-3, 1.2
# Spread of hours within a service, logit units (CPU 0.99, memory 0.75).
WITHIN_DEVIATION = 0.9
# From so many hours on the normal pipeline answers.
ENOUGH_HOURS = 24
# Hours observed at which the rows below were fitted; between them, linear in log(1 + hours).
HOURS = (0, 1, 3, 6, 12, 24)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class ResourcePrior:
    """What services of public traces show of one resource.

    Attributes:
        median: Level of a service, in logit units: the median over services.
        level_deviation: Standard deviation of the level over services, logit units.
        correlation: Share of the level's variance that services of one surrounding have in common.
        learned: Shape (6,): weight of the observed mean against the prior, per row of ``HOURS``.
        mean_steps: Shape (6, 7): an hour's mean over the level, at ``QUANTILE_LEVELS``, logit units.
        peak_steps: Shape (6, 7): the same for the hour's maximum.
    """

    median: float
    level_deviation: float
    correlation: float
    learned: Floats
    mean_steps: Floats
    peak_steps: Floats


PRIORS: Mapping[Resource, ResourcePrior] = {
    Resource.CPU: ResourcePrior(
        median=-4.17, level_deviation=1.91, correlation=0.32,
        learned=np.array([0.0, 0.89, 0.95, 0.97, 1.0, 1.0]),
        mean_steps=np.array([
            [-2.96, -1.28, -0.24, 0.78, 2.52, 4.03, 5.76],
            [-0.34, -0.20, -0.04, 0.14, 0.57, 1.63, 6.55],
            [-0.28, -0.13, -0.02, 0.09, 0.42, 1.64, 5.69],
            [-0.27, -0.09, -0.02, 0.08, 0.39, 1.34, 4.84],
            [-0.29, -0.08, -0.01, 0.06, 0.39, 1.24, 4.19],
            [-0.46, -0.24, -0.05, 0.11, 0.43, 1.14, 4.66],
        ]),
        peak_steps=np.array([
            [-1.75, -0.87, -0.04, 2.00, 3.93, 5.49, 5.80],
            [-0.32, 0.04, 0.24, 1.05, 2.83, 3.89, 6.82],
            [-0.14, 0.06, 0.24, 1.12, 2.73, 3.57, 5.86],
            [-0.08, 0.04, 0.22, 1.13, 2.60, 3.36, 5.84],
            [-0.08, 0.04, 0.22, 1.09, 2.51, 3.29, 5.16],
            [-0.29, 0.02, 0.22, 1.01, 2.54, 3.28, 5.44],
        ]),
    ),
    Resource.MEMORY: ResourcePrior(
        median=-2.97, level_deviation=1.32, correlation=0.19,
        learned=np.array([0.0, 0.85, 0.91, 0.94, 0.97, 0.97]),
        mean_steps=np.array([
            [-2.56, -1.44, -0.37, 0.99, 1.83, 2.20, 2.53],
            [-0.66, -0.26, 0.01, 0.25, 0.45, 1.01, 3.65],
            [-0.51, -0.17, 0.02, 0.17, 0.43, 1.11, 3.38],
            [-0.47, -0.15, 0.02, 0.14, 0.43, 0.91, 3.51],
            [-0.44, -0.14, 0.01, 0.11, 0.41, 0.85, 2.81],
            [-0.53, -0.17, 0.01, 0.13, 0.36, 0.73, 3.06],
        ]),
        peak_steps=np.array([
            [-1.55, -0.71, 0.21, 1.55, 2.24, 2.47, 3.04],
            [0.03, 0.25, 0.49, 0.86, 1.48, 2.19, 4.22],
            [0.08, 0.27, 0.47, 0.89, 1.51, 2.09, 4.05],
            [0.10, 0.26, 0.48, 0.87, 1.46, 2.02, 4.12],
            [0.09, 0.24, 0.49, 0.87, 1.45, 2.01, 3.87],
            [0.06, 0.25, 0.46, 0.84, 1.37, 1.91, 4.24],
        ]),
    ),
}  # fmt: skip
# Daily swing (first harmonic over the mean): request rates of services 0.35, CPU of virtual machines 0.10 (medians).
# That the crest lies at 14 UTC is a convention: where the users are is not known.
SWING: Mapping[ServiceKind, float] = {
    ServiceKind.WEB: 0.35, ServiceKind.API: 0.35, ServiceKind.CACHE: 0.35,
    ServiceKind.DB: 0.10, ServiceKind.WORKER: 0.10,
}  # fmt: skip
CREST_HOUR_UTC = 14
# Conventions for the time when only a number of users is known; right within a factor of e.
USERS_PER_VCPU: Mapping[ServiceKind, float] = {
    ServiceKind.WEB: 2000.0, ServiceKind.API: 1500.0, ServiceKind.DB: 1000.0,
}  # fmt: skip
USERS_DEVIATION = 1.0
# Users are given room to be twice as demanding as the convention says.
USERS_SHARE = 0.5
# What software holds of memory by its documented defaults, GiB: its level is not below.
RESIDENT_GIB: Mapping[str, tuple[float, str]] = {
    "kafka": (1.0, "kafka-server-start.sh sets a heap of 1 GB"),
    "mssql": (2.0, "SQL Server on Linux asks for at least 2 GB"),
    "mongodb": (0.25, "WiredTiger's cache is at least 256 MB"),
    "mysql": (0.125, "innodb_buffer_pool_size is 128 MB by default"),
    "mariadb": (0.125, "innodb_buffer_pool_size is 128 MB by default"),
    "postgres": (0.125, "shared_buffers is 128 MB by default"),
    "opensearch": (1.0, "jvm.options sets a heap of 1 GB"),
}
# A heap is about three quarters of what its process takes (a convention; metaspace, stacks and buffers are the rest).
HEAP_SHARE = 0.75
# Machines of the traces peaked above the first in a tenth of all hours, above the second in a twentieth.
PEAKS_SEEN: Mapping[Resource, tuple[float, float]] = {Resource.CPU: (0.9, 4.3), Resource.MEMORY: (1.8, 4.9)}
