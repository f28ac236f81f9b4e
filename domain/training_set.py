"""The series a model learns from, and which services are kept apart to judge it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

# What a service model's training keeps apart unless told otherwise, as shares of the services of each data set.
VALIDATION_SHARE: Final = 0.05
TEST_SHARE: Final = 0.12
REPLICA_CORRELATION: Final = 0.98
REPLICA_METRICS: Final = ("cpu", "memory", "avg_cpu", "avg_memory")
Service = tuple[str, str]
_MIN_COMMON_HOURS: Final = 72
_MAX_SERVICES_COMPARED: Final = 4000


class Side(StrEnum):
    """What a service is used for."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingSeries:
    """One metric of one service, hourly.

    Attributes:
        dataset: Where it comes from; services are unique within a data set.
        first_hour: Hours since 1970-01-01T00:00Z of ``values[0]``.
        values: float32 (n,), 0 where not observed.
        observed: bool (n,).
    """

    dataset: str
    service_id: str
    metric_name: str
    first_hour: int
    values: NDArray[np.float32]
    observed: NDArray[np.bool_]


def split_by_service(
    series: Sequence[TrainingSeries],
    *,
    validation_share: float = VALIDATION_SHARE,
    test_share: float = TEST_SHARE,
    seed: int = 0,
) -> Mapping[tuple[str, str], Side]:
    """Put whole services on one side each, so that a judge never sees a service the model learned from.

    Services whose hourly CPU or memory correlate above 0.98 are replicas and stay together. Which groups go where
    follows from a hash of their names.

    Args:
        series: Everything that was read.
        validation_share: Share of each data set's groups used to stop training, 0 ≤ share < 1.
        test_share: Share of each data set's groups kept apart; the two shares together are below 1.
        seed: Another seed gives another split.

    Returns:
        (dataset, service_id) → side.
    """
    if min(validation_share, test_share) < 0 or validation_share + test_share >= 1:
        raise ValueError("validation_share and test_share must be ≥ 0 and together below 1")
    sides: dict[tuple[str, str], Side] = {}
    by_dataset: dict[str, dict[Service, list[Service]]] = defaultdict(lambda: defaultdict(list))
    for service, group in _replica_groups(series).items():
        by_dataset[group[0]][group].append(service)
    for groups in by_dataset.values():
        order = sorted(groups, key=lambda name: _hash(f"{seed}/{name[0]}/{name[1]}"))
        n_test = round(len(order) * test_share)
        n_validation = round(len(order) * validation_share)
        for rank, group in enumerate(order):
            side = Side.TEST if rank < n_test else Side.TRAINING
            if n_test <= rank < n_test + n_validation:
                side = Side.VALIDATION
            sides.update(dict.fromkeys(groups[group], side))
    return sides


def digest_of(series: Iterable[TrainingSeries]) -> str:
    """SHA-256 over names, hours and values: which data a model has seen."""
    total = hashlib.sha256()
    for one in series:
        total.update(f"{one.dataset}\0{one.service_id}\0{one.metric_name}\0{one.first_hour}\n".encode())
        total.update(one.values.tobytes())
        total.update(np.packbits(one.observed).tobytes())
    return total.hexdigest()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _replica_groups(series: Sequence[TrainingSeries]) -> Mapping[Service, Service]:
    """Service → its group: the alphabetically first of the services it moves with, of any data set."""
    group = {(one.dataset, one.service_id): (one.dataset, one.service_id) for one in series}

    def root(service: Service) -> Service:
        while group[service] != service:
            service = group[service]
        return service

    for metric in REPLICA_METRICS:
        for alike in _overlapping([one for one in series if one.metric_name == metric]):
            if not 1 < len(alike) <= _MAX_SERVICES_COMPARED:
                continue
            for left, right in _replicas(alike):
                pair = [(alike[row].dataset, alike[row].service_id) for row in (left, right)]
                first, second = sorted(root(service) for service in pair)
                group[second] = first
    return {service: root(service) for service in group}


def _overlapping(series: Sequence[TrainingSeries]) -> Iterator[list[TrainingSeries]]:
    """Series in bundles such that those of different bundles have no hour in common."""
    bundle: list[TrainingSeries] = []
    end = 0
    for one in sorted(series, key=lambda one: one.first_hour):
        if bundle and one.first_hour >= end:
            yield bundle
            bundle = []
        bundle.append(one)
        end = max(end, one.first_hour + one.values.size) if len(bundle) > 1 else one.first_hour + one.values.size
    if bundle:
        yield bundle


def _replicas(members: Sequence[TrainingSeries]) -> list[tuple[int, int]]:
    """Pairs of series that correlate above 0.98 over at least three common days."""
    start = min(one.first_hour for one in members)
    stop = max(one.first_hour + one.values.size for one in members)
    values = np.zeros((len(members), stop - start))
    seen = np.zeros_like(values)
    for row, one in enumerate(members):
        span = slice(one.first_hour - start, one.first_hour - start + one.values.size)
        known = one.values[one.observed].astype(np.float64)
        # Centred and scaled per series, so that the sums below keep their digits.
        centre, scale = (known.mean(), known.std() + 1e-12) if known.size else (0.0, 1.0)
        values[row, span] = np.where(one.observed, (one.values - centre) / scale, 0.0)
        seen[row, span] = one.observed
    common = np.maximum(seen @ seen.T, 1)
    sums = values @ seen.T
    squares = (values * values) @ seen.T
    covariance = values @ values.T / common - (sums / common) * (sums.T / common)
    variance = np.maximum(squares / common - (sums / common) ** 2, 1e-12)
    correlation = covariance / np.sqrt(variance * variance.T)
    close = np.triu((correlation > REPLICA_CORRELATION) & (common >= _MIN_COMMON_HOURS), 1)
    return [(int(left), int(right)) for left, right in zip(*np.nonzero(close), strict=True)]
