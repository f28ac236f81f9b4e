"""All 84 columns from the 16 raw ones, for training and serving alike.

No column of a row depends on a later row. Definitions follow the layout's first user, except where that one looked
ahead; ``docs/covariates.md`` compares them column by column.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.covariates.bins import BinEdges, bin_number
from domain.covariates.calendar import calendar_features
from domain.covariates.layout import (
    CHANGE_HOURS,
    LAG_HOURS,
    LAGGED_SOURCES,
    MEAN_HOURS,
    RAW_COLUMNS,
    ROLL_HOURS,
)
from domain.errors import InvalidData
from domain.lookback import lag, trailing_max, trailing_mean, trailing_min, trailing_std

Floats = NDArray[np.float64]

WARM_UP_HOURS: Final = max(*MEAN_HOURS, *(h + 1 for h in (*LAG_HOURS, *CHANGE_HOURS)), *ROLL_HOURS) - 1
"""Rows needed before a row so that all its columns equal those of the full computation: 47, by the 48-hour means."""

_EPSILON: Final = 1e-6
_EVENTS_SCALE: Final = 1000.0
_BUSINESS_HOURS: Final = (9, 18)
_NIGHT_UNTIL: Final = 6
_NIGHT_FROM: Final = 22
_SUNDAY, _SATURDAY = 0, 6


def build_covariates(raw: Floats, *, origin: datetime, edges: BinEdges) -> Floats:
    """Compute the full layout.

    At the start of a series, where a window reaches before the first row: lags and changes take the oldest value in
    place of the missing ones, means and extremes run over the rows there are, and a standard deviation of one row is 0.

    Args:
        raw: Shape (n, 16), columns as ``RAW_COLUMNS``, one row per hour in order, cleaned (finite).
        origin: Moment of ``hour_offset`` 0, aware, a full hour.
        edges: Bin edges learned on the training rows.

    Returns:
        Shape (n, 84), columns as ``ALL_COLUMNS``. Row t depends on rows ≤ t only.

    Raises:
        InvalidData: The shape is wrong, a value is not finite, or hour_offset does not increase.
    """
    rows = _checked(raw)
    column = {name: rows[:, index] for index, name in enumerate(RAW_COLUMNS)}
    calendar = calendar_features(column["hour_offset"], origin)
    sources = np.column_stack([column[name] for name in LAGGED_SOURCES])
    parts = [
        rows,
        calendar,
        *(lag(sources, hours) for hours in LAG_HOURS),
        *(trailing_mean(sources, hours) for hours in MEAN_HOURS),
        _rolls(column["total_events"]),
        _changes(column["total_events"]),
        _derived(column, calendar, edges),
    ]
    return np.concatenate(parts, axis=1)


def build_recent_covariates(raw: Floats, *, rows: int, origin: datetime, edges: BinEdges) -> Floats:
    """Compute the last ``rows`` rows only, as recursion does after each step it appends.

    The answer equals the last rows of the full computation, to the bit, when ``raw`` holds at least
    ``rows + WARM_UP_HOURS`` rows (71 for a window of 24 hours) or starts where the series starts.

    Args:
        raw: Shape (n, 16), the newest hours, n ≥ ``rows``; older rows than needed are left out.
        rows: How many rows to return, at least 1.
        origin: Moment of ``hour_offset`` 0.
        edges: Bin edges learned on the training rows.

    Returns:
        Shape (rows, 84).

    Raises:
        InvalidData: Fewer than ``rows`` rows were given, or as :func:`build_covariates`.
    """
    if not 1 <= rows <= len(raw):
        raise InvalidData(f"{rows} rows of covariates were asked for, {len(raw)} raw hours are there")
    return build_covariates(raw[-(rows + WARM_UP_HOURS) :], origin=origin, edges=edges)[-rows:]


def _checked(raw: Floats) -> Floats:
    rows = np.asarray(raw, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(RAW_COLUMNS) or not len(rows):
        raise InvalidData(f"raw rows must have shape (n ≥ 1, {len(RAW_COLUMNS)}), got {rows.shape}")
    bad = ~np.isfinite(rows)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise InvalidData(f"{RAW_COLUMNS[column]} of row {row} is not finite; clean the raw columns first")
    if (np.diff(rows[:, 0]) <= 0).any():
        raise InvalidData("hour_offset must increase from row to row; sort the rows and drop duplicates")
    return rows


def _rolls(events: Floats) -> Floats:
    kinds = (trailing_std, trailing_max, trailing_min)
    return np.column_stack([kind(events, hours) for hours in ROLL_HOURS for kind in kinds])


def _changes(events: Floats) -> Floats:
    before = [lag(events, hours) for hours in CHANGE_HOURS]
    # A count below one event would make the relative change explode; the divisor is at least one event.
    relative = [(events - earlier) / np.maximum(np.abs(earlier), 1.0) for earlier in before]
    return np.column_stack([*relative, *(events - earlier for earlier in before)])


def _derived(column: dict[str, Floats], calendar: Floats, edges: BinEdges) -> Floats:
    events, machines = column["total_events"], column["unique_machines"]
    cpu, memory = column["avg_cpu"], column["avg_memory"]
    return np.column_stack(
        [
            _over(cpu, memory, _EPSILON),
            cpu + memory,
            _over(events, cpu + memory, _EPSILON),
            _over(events, machines, _EPSILON),
            bin_number(events, edges.events_quantile),
            bin_number(cpu, edges.cpu_quantile),
            bin_number(memory, edges.memory_quantile),
            events > edges.high_load_above,
            events < edges.low_load_below,
            bin_number(events, edges.load_category) + 1,
            *_calendar_flags(calendar),
            cpu * events / _EVENTS_SCALE,
            _over(machines, events, 1.0),
            column["unique_switches"] * column["unique_platforms"],
        ]
    )


def _over(part: Floats, whole: Floats, offset: float) -> Floats:
    """Part / (whole + offset). Nothing measured here is below 0; a reading that is counts as 0 in a divisor."""
    return part / (np.maximum(whole, 0.0) + offset)


def _calendar_flags(calendar: Floats) -> tuple[Floats, Floats, Floats]:
    hour, day = calendar[:, 0], calendar[:, 1]
    opening, closing = _BUSINESS_HOURS
    business = (hour >= opening) & (hour <= closing)
    weekend = (day == _SUNDAY) | (day == _SATURDAY)
    night = (hour <= _NIGHT_UNTIL) | (hour >= _NIGHT_FROM)
    return business.astype(np.float64), weekend.astype(np.float64), night.astype(np.float64)
