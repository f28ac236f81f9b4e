"""Hourly series: the one shape in which history travels through the planner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

HOUR = timedelta(hours=1)
HOUR_SECONDS = 3600
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def floor_hour(moment: datetime) -> datetime:
    """The start of the hour ``moment`` falls in, in UTC; a naive moment is read as UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.replace(minute=0, second=0, microsecond=0)


def _frozen(array: NDArray[np.generic]) -> None:
    array.setflags(write=False)


@dataclass(frozen=True, eq=False)
class LoadSeries:
    """Hourly values of one metric, without a hole, ending at the newest hour that was really observed.

    Attributes:
        start: First hour, aware, UTC, on the hour.
        values: float64 of shape (n,), finite, read-only; one value per hour from ``start``.
        observed: bool of shape (n,), read-only; False for hours that padding or gap filling supplied.

    Raises:
        ValueError: Shapes differ, a value is not finite, or ``start`` is not a UTC full hour.
    """

    start: datetime
    values: Floats
    observed: Bools

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or self.values.shape != self.observed.shape:
            raise ValueError(f"values {self.values.shape} and observed {self.observed.shape} must be equal and 1-d")
        if self.start.tzinfo is not UTC or self.start != floor_hour(self.start):
            raise ValueError(f"start must be a full hour in UTC, got {self.start!r}")
        if not np.isfinite(self.values).all():
            raise ValueError("every value must be finite")
        _frozen(self.values)
        _frozen(self.observed)

    def __len__(self) -> int:
        return int(self.values.size)

    @property
    def end(self) -> datetime:
        """The first hour after the series."""
        return self.start + len(self) * HOUR

    @cached_property
    def observed_hours(self) -> int:
        """How many hours were really measured."""
        return int(np.count_nonzero(self.observed))

    @property
    def observed_values(self) -> Floats:
        """Only the measured values, oldest first: what statistics may look at."""
        return self.values if self.observed_hours == len(self) else self.values[self.observed]

    def last(self, hours: int) -> LoadSeries:
        """The newest ``hours`` hours (or all when there are fewer)."""
        if hours >= len(self):
            return self
        return LoadSeries(self.end - hours * HOUR, self.values[-hours:], self.observed[-hours:])

    def padded(self, hours: int) -> LoadSeries:
        """Exactly ``hours`` hours: the newest ones, the oldest observed value repeated at the front if short."""
        missing = hours - len(self)
        if missing <= 0:
            return self.last(hours)
        first = self.values[0] if len(self) else 0.0
        values = np.concatenate([np.full(missing, first), self.values])
        observed = np.concatenate([np.zeros(missing, dtype=bool), self.observed])
        return LoadSeries(self.start - missing * HOUR, values, observed)

    def shifted(self, by: timedelta) -> LoadSeries:
        """The same values at other hours; used to align an old history with the hours to be forecast."""
        return LoadSeries(self.start + by, self.values, self.observed)

    def before(self, moment: datetime) -> LoadSeries:
        """The hours that start before ``moment``."""
        keep = max(0, min(len(self), int((moment - self.start) / HOUR)))
        return LoadSeries(self.start, self.values[:keep], self.observed[:keep])


def empty_series(end: datetime) -> LoadSeries:
    """A series without hours, ending at ``end``."""
    return LoadSeries(floor_hour(end), np.empty(0), np.empty(0, dtype=bool))


def from_hour_slots(start: datetime, values: Floats, present: Bools) -> LoadSeries:
    """Build a series from hour slots of which some may be missing.

    Leading and trailing missing slots are cut; inner gaps are forward-filled (DESIGN §4, History).

    Args:
        start: Hour of slot 0, UTC.
        values: Shape (n,); values of missing slots are ignored.
        present: Shape (n,); True where the slot was observed.
    """
    hits = np.flatnonzero(present)
    if not hits.size:
        return empty_series(start)
    first, stop = int(hits[0]), int(hits[-1]) + 1
    cut, seen = np.array(values[first:stop], dtype=np.float64), np.array(present[first:stop])
    if hits.size < stop - first:
        source = np.maximum.accumulate(np.where(seen, np.arange(stop - first), 0))
        cut = cut[source]
    return LoadSeries(start + first * HOUR, cut, seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourlyAggregate:
    """Hourly mean and maximum of one metric whose samples came at any resolution."""

    mean: LoadSeries
    maximum: LoadSeries
    sub_hourly: bool
    duplicates: int


def aggregate_to_hours(samples: Iterable[tuple[datetime, float]]) -> HourlyAggregate:
    """Average samples to hours; of samples with the same timestamp the last one wins.

    Args:
        samples: (aware or naive-as-UTC time, finite value), any order.

    Returns:
        Mean and maximum per hour, whether any hour had more than one sample, and the duplicates dropped.
    """
    rows = list(samples)
    latest = {moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC): v for moment, v in rows}
    if not latest:
        raise ValueError("at least one sample is needed")
    seconds = np.array([moment.timestamp() for moment in latest])
    values = np.fromiter(latest.values(), dtype=np.float64)
    return aggregate_columns(seconds, values, duplicates=len(rows) - len(latest))


def aggregate_columns(epoch_seconds: Floats, values: Floats, duplicates: int = 0) -> HourlyAggregate:
    """The same for columns: ``epoch_seconds`` (n,) without duplicates and ``values`` (n,), n ≥ 1."""
    hours = np.floor_divide(epoch_seconds, HOUR_SECONDS).astype(np.int64)
    first = int(hours.min())
    slots = hours - first
    size = int(slots.max()) + 1
    counts = np.bincount(slots, minlength=size)
    sums = np.bincount(slots, weights=values, minlength=size)
    maxima = np.full(size, -np.inf)
    np.maximum.at(maxima, slots, values)
    present = counts > 0
    start = datetime.fromtimestamp(first * HOUR_SECONDS, tz=UTC)
    means = np.divide(sums, counts, out=np.zeros(size), where=present)
    return HourlyAggregate(
        mean=from_hour_slots(start, means, present),
        maximum=from_hour_slots(start, np.where(present, maxima, 0.0), present),
        sub_hourly=bool((counts > 1).any()),
        duplicates=duplicates,
    )


def hours_from(start: datetime, count: int) -> Sequence[datetime]:
    """``count`` consecutive hours from ``start``."""
    return [start + step * HOUR for step in range(count)]
