"""The 16 raw columns of the cluster layout, lined up from the series of a forecast request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from domain.covariates import OBSERVED_COLUMNS, TARGET_COLUMN, infer_origin
from domain.errors import InvalidData, ModelRefused
from domain.ports.forecaster import ForecastRequest
from domain.series import HOUR, Floats, LoadSeries

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CALENDAR_CLUES = ("hour_of_day", "day_of_week", "day_of_month")
"""Columns of a wide file from which the weekday and the day of the month of its dateless hours are told."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ClusterRows:
    """Consecutive hours of a cluster.

    Attributes:
        raw: Shape (n, 16), columns as ``RAW_COLUMNS``; the last row is the newest hour of the target.
        origin: Moment of ``hour_offset`` 0.
        notes: What a reader should know, one sentence each.
    """

    raw: Floats
    origin: datetime
    notes: tuple[str, ...] = ()


def cluster_rows(request: ForecastRequest, *, target_column: str, hours: int, artefact: str) -> ClusterRows:
    """The newest ``hours`` hours, padded at the front by the oldest values when there are fewer.

    Args:
        request: Target and companions; every one of ``OBSERVED_COLUMNS`` must be among them, and ``total_events``.
        target_column: The raw column that the request's target is.
        hours: Rows wanted, at least 1.
        artefact: Name of the model, for the message of a refusal.

    Raises:
        ModelRefused: A column is missing.
    """
    end = request.target.end
    first = end - hours * HOUR
    offsets = (first - _EPOCH) / HOUR + np.arange(hours, dtype=np.float64)
    columns = [offsets]
    for name in (TARGET_COLUMN, *OBSERVED_COLUMNS):
        series = request.target if name == target_column else request.companions.get(name)
        if series is None or not series.observed_hours:
            raise ModelRefused(artefact, f"the history has no column {name}, which the model's covariates need")
        columns.append(_aligned(series, end, hours))
    origin, notes = _origin(request, end, hours, offsets)
    return ClusterRows(raw=np.column_stack(columns), origin=origin, notes=notes)


def _aligned(series: LoadSeries, end: datetime, hours: int) -> Floats:
    """Values of the ``hours`` hours before ``end``; its first and last values stand for hours outside the series."""
    slots = np.arange(hours) + round((end - hours * HOUR - series.start) / HOUR)
    return series.values[np.clip(slots, 0, len(series) - 1)]


def _origin(request: ForecastRequest, end: datetime, hours: int, offsets: Floats) -> tuple[datetime, tuple[str, ...]]:
    clues = [request.companions.get(name) for name in CALENDAR_CLUES]
    known = [clue for clue in clues if clue is not None and clue.end == end and len(clue)]
    if len(known) < len(CALENDAR_CLUES):
        return _EPOCH, ()
    length = min(hours, *(len(clue) for clue in known))
    try:
        found = infer_origin(np.arange(length, dtype=np.float64), *(_aligned(clue, end, length) for clue in known))
    except InvalidData:
        return _EPOCH, ("the file's calendar columns fit no date; the weekdays of the request's time were used",)
    return found - timedelta(hours=float(offsets[-length])), ()
