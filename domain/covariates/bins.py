"""Edges of quantile bins and load categories: learned once on the training rows, stored, then only applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.cleaning import learn_winsor_bounds
from domain.covariates.layout import RAW_COLUMNS
from domain.errors import InvalidData

Floats = NDArray[np.float64]

EVENTS_BINS: Final = 10
RESOURCE_BINS: Final = 5
LOAD_CATEGORIES: Final = 5
HIGH_LOAD_QUANTILE: Final = 0.8
LOW_LOAD_QUANTILE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class BinEdges:
    """Inner edges of the bins; a value equal to an edge belongs to the lower bin.

    Attributes:
        events_quantile: Nine deciles of total_events.
        cpu_quantile: Four quintiles of avg_cpu (ratio).
        memory_quantile: Four quintiles of avg_memory (ratio).
        load_category: Four edges of five equally wide classes of total_events.
        high_load_above: 80 % quantile of total_events; hours above it are high load.
        low_load_below: 20 % quantile of total_events; hours below it are low load.
    """

    events_quantile: tuple[float, ...]
    cpu_quantile: tuple[float, ...]
    memory_quantile: tuple[float, ...]
    load_category: tuple[float, ...]
    high_load_above: float
    low_load_below: float

    def as_dict(self) -> dict[str, float | tuple[float, ...]]:
        """Plain Python values, for a model's metadata."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> BinEdges:
        """Read edges back from a model's metadata.

        Raises:
            InvalidData: A key is missing, an edge is not a finite number, or the number or order of edges is wrong.
        """
        lists = {name: _edges(stored, name, count) for name, count in _EDGE_COUNTS.items()}
        high, low = (_edges({name: [stored.get(name)]}, name, 1)[0] for name in ("high_load_above", "low_load_below"))
        return cls(**lists, high_load_above=high, low_load_below=low)


_EDGE_COUNTS: Final = {
    "events_quantile": EVENTS_BINS - 1,
    "cpu_quantile": RESOURCE_BINS - 1,
    "memory_quantile": RESOURCE_BINS - 1,
    "load_category": LOAD_CATEGORIES - 1,
}


def learn_bin_edges(raw: Floats, training_rows: int) -> BinEdges:
    """Learn the edges from the first ``training_rows`` rows; later rows are not looked at.

    Load categories divide the range of total_events into five equal parts. The range is first cut to the winsorizing
    bounds of the same rows: with the plain range one extreme hour puts all others into the lowest class.

    Args:
        raw: Shape (n, 16), columns as ``RAW_COLUMNS``.
        training_rows: 1 to n.

    Raises:
        InvalidData: ``training_rows`` is out of range, or a value of these rows is not finite.
    """
    if raw.ndim != 2 or raw.shape[1] != len(RAW_COLUMNS):
        raise InvalidData(f"raw rows must have {len(RAW_COLUMNS)} columns, got shape {raw.shape}")
    if not 1 <= training_rows <= len(raw):
        raise InvalidData(f"training_rows must be 1 to {len(raw)}, got {training_rows}")
    events, cpu, memory = (raw[:training_rows, RAW_COLUMNS.index(n)] for n in ("total_events", "avg_cpu", "avg_memory"))
    if not all(np.isfinite(column).all() for column in (events, cpu, memory)):
        raise InvalidData("total_events, avg_cpu and avg_memory must be finite before bin edges are learned")
    bounds = learn_winsor_bounds(events)
    inside = bounds.apply(events)
    return BinEdges(
        events_quantile=_quantile_edges(events, EVENTS_BINS),
        cpu_quantile=_quantile_edges(cpu, RESOURCE_BINS),
        memory_quantile=_quantile_edges(memory, RESOURCE_BINS),
        load_category=_floats(np.linspace(inside.min(), inside.max(), LOAD_CATEGORIES + 1)[1:-1]),
        high_load_above=float(np.quantile(events, HIGH_LOAD_QUANTILE)),
        low_load_below=float(np.quantile(events, LOW_LOAD_QUANTILE)),
    )


def bin_number(values: Floats, inner_edges: Sequence[float]) -> Floats:
    """Number of the bin each value falls in, from 0; a value on an edge stays in the lower bin."""
    return np.searchsorted(np.asarray(inner_edges), values, side="left").astype(np.float64)


def _quantile_edges(values: Floats, bins: int) -> tuple[float, ...]:
    return _floats(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))


def _floats(values: Floats) -> tuple[float, ...]:
    # Interpolation may put two equal quantiles one rounding step out of order; edges must never decrease.
    return tuple(float(value) for value in np.maximum.accumulate(values))


def _edges(stored: Mapping[str, object], name: str, count: int) -> tuple[float, ...]:
    listed = stored.get(name)
    if not isinstance(listed, list | tuple) or len(listed) != count:
        raise InvalidData(f"bin edges: {name} must hold {count} numbers")
    if not all(isinstance(edge, int | float) and not isinstance(edge, bool) and np.isfinite(edge) for edge in listed):
        raise InvalidData(f"bin edges: {name} must hold finite numbers")
    edges = tuple(float(edge) for edge in listed)
    if any(later < earlier for earlier, later in pairwise(edges)):
        raise InvalidData(f"bin edges: {name} must not decrease")
    return edges
