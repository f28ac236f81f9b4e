"""Many hourly series in a few flat arrays, sorted by series and hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.metrics import bases_of_companion
from domain.series import HOUR_SECONDS, LoadSeries, from_hour_slots

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

HOUR_US: Final = HOUR_SECONDS * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Accepted rows in file order, all of shape (n,).

    Attributes:
        codes: Which series the row belongs to, from 0.
        time_us: Microseconds since 1970 UTC.
        values: Finite.
        lines: Line number in the file.
    """

    codes: Codes
    time_us: Ints
    values: Floats
    lines: Codes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Disorder:
    """Lines that came too late or were overwritten: how many, and the numbers of the first few."""

    unsorted: int
    unsorted_lines: tuple[int, ...]
    duplicates: int
    duplicate_lines: tuple[int, ...]


def sort_samples(samples: Samples, shown: int) -> tuple[Samples, Disorder]:
    """Sort by series and time, keeping of equal timestamps the one latest in the file.

    Args:
        samples: In file order.
        shown: How many line numbers to give of each kind of disorder.
    """
    by_series = _is_grouped(samples.codes)
    grouped = samples if by_series else _take(samples, np.argsort(samples.codes, kind="stable"))
    same = grouped.codes[1:] == grouped.codes[:-1]
    late = np.flatnonzero(same & (grouped.time_us[1:] < grouped.time_us[:-1])) + 1
    late_lines = np.sort(grouped.lines[late])
    if late.size:
        # lexsort is stable, so equal timestamps stay in file order.
        grouped = _take(grouped, np.lexsort((grouped.time_us, grouped.codes)))
        same = grouped.codes[1:] == grouped.codes[:-1]
    overwritten = np.flatnonzero(same & (grouped.time_us[1:] == grouped.time_us[:-1]))
    overwritten_lines = np.sort(grouped.lines[overwritten])
    if overwritten.size:
        keep = np.ones(grouped.codes.size, dtype=bool)
        keep[overwritten] = False
        grouped = _take(grouped, np.flatnonzero(keep))
    return grouped, Disorder(
        unsorted=int(late.size),
        unsorted_lines=tuple(late_lines[:shown].tolist()),
        duplicates=int(overwritten.size),
        duplicate_lines=tuple(overwritten_lines[:shown].tolist()),
    )


def _is_grouped(codes: Codes) -> bool:
    return bool((codes[1:] >= codes[:-1]).all())


def _take(samples: Samples, order: Ints) -> Samples:
    return Samples(
        codes=samples.codes[order],
        time_us=samples.time_us[order],
        values=samples.values[order],
        lines=samples.lines[order],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one series lies in the flat arrays, and whether any of its hours had more than one sample."""

    start: int
    stop: int
    sub_hourly: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesTable:
    """Hourly means, and maxima where samples were denser; only observed hours are stored.

    Storing observed hours (rather than every hour from first to last) keeps memory in proportion to the file, whatever
    timestamps it holds.

    Attributes:
        hours: Shape (m,), hours since 1970; ascending within a series.
        means: Shape (m,).
        maxima: Shape (m,); the same array as ``means`` when no hour has more than one sample.
        places: Service → metric → place.
    """

    hours: Ints
    means: Floats
    maxima: Floats
    places: Mapping[str, Mapping[str, Place]]

    def find(self, service_id: str, metric_name: str) -> tuple[Place, Floats] | None:
        """The place of a metric and the array that holds it; an absent ``_max`` companion is found at its base."""
        metrics = self.places.get(service_id, {})
        place = metrics.get(metric_name)
        if place is not None:
            return place, self.means
        for base in bases_of_companion(metric_name):
            place = metrics.get(base)
            if place is not None and place.sub_hourly:
                return place, self.maxima
        return None

    def cut(self, service_id: str, metric_name: str, end_hour: int, hours: int, stamp: int = 0) -> LoadSeries | None:
        """The newest ``hours`` hours before ``end_hour``, counted from the newest observed one.

        Args:
            service_id: Service.
            metric_name: Metric, or a companion's name.
            end_hour: Hours since 1970; never reached.
            hours: At most so many, at least 1.
            stamp: Hours to add to the time of the result.
        """
        found = self.find(service_id, metric_name)
        if found is None:
            return None
        place, source = found
        own = self.hours[place.start : place.stop]
        stop = int(own.searchsorted(end_hour))
        if not stop:
            return None
        begin = int(own.searchsorted(int(own[stop - 1]) - hours + 1))
        first = int(own[begin])
        start = datetime.fromtimestamp((first + stamp) * HOUR_SECONDS, tz=UTC)
        values = source[place.start + begin : place.start + stop]
        span = int(own[stop - 1]) - first + 1
        if span == stop - begin:
            return LoadSeries(start, values, np.ones(span, dtype=bool))
        present, slots = np.zeros(span, dtype=bool), np.zeros(span)
        present[own[begin:stop] - first] = True
        slots[present] = values
        return from_hour_slots(start, slots, present)


def build_table(samples: Samples, names: Sequence[tuple[str, str]]) -> SeriesTable:
    """Average sorted samples to hours.

    Args:
        samples: Sorted by series and time, at least one, no timestamp twice within a series.
        names: Service and metric of each code.
    """
    hours = np.floor_divide(samples.time_us, HOUR_US)
    opens = np.ones(hours.size, dtype=bool)
    opens[1:] = (hours[1:] != hours[:-1]) | (samples.codes[1:] != samples.codes[:-1])
    starts = np.flatnonzero(opens)
    counts = np.diff(starts, append=hours.size)
    if starts.size == hours.size:
        means = maxima = samples.values
    else:
        means = np.add.reduceat(samples.values, starts) / counts
        maxima = np.maximum.reduceat(samples.values, starts)
    slot_hours, slot_codes = hours[starts], samples.codes[starts]
    for array in (slot_hours, means, maxima):
        array.setflags(write=False)
    return SeriesTable(hours=slot_hours, means=means, maxima=maxima, places=_places(slot_codes, counts > 1, names))


def _places(codes: Codes, dense: Bools, names: Sequence[tuple[str, str]]) -> dict[str, dict[str, Place]]:
    firsts = np.flatnonzero(np.diff(codes, prepend=-1))
    stops = np.append(firsts[1:], codes.size)
    any_dense = np.logical_or.reduceat(dense, firsts)
    places: dict[str, dict[str, Place]] = {}
    for code, start, stop, sub_hourly in zip(
        codes[firsts].tolist(), firsts.tolist(), stops.tolist(), any_dense.tolist(), strict=True
    ):
        service_id, metric_name = names[code]
        place = Place(start=start, stop=stop, sub_hourly=sub_hourly)
        places.setdefault(service_id, {})[metric_name] = place
    return places
