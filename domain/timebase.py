"""Which hours are forecast, and how a history lines up with them (DESIGN §4, Time base)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.series import HOUR, LoadSeries, floor_hour

DAY_HOURS = 24
WEEK_HOURS = 168


def first_forecast_hour(timestamp: datetime) -> datetime:
    """The next full hour after the context's timestamp; not the server's clock, so that a plan can be replayed."""
    return floor_hour(timestamp) + HOUR


@dataclass(frozen=True, eq=False, kw_only=True)
class AlignedSeries:
    """A series ready to be forecast from.

    Attributes:
        series: The history, ending less than a day before the first forecast hour.
        age_hours: Hours between the newest observation and the first forecast hour; 0 when there is no gap.
        is_shifted: Whether the history was too old and moved forward by whole weeks (or days).
    """

    series: LoadSeries
    age_hours: int
    is_shifted: bool


def align(series: LoadSeries, start: datetime) -> AlignedSeries:
    """Line a history up with the hours to be forecast.

    Up to 24 hours of age the gap is left for the forecaster to bridge. An older history is moved forward by whole
    weeks, so that hour of day and weekday still match; the hours that would come to lie ahead are dropped. Where that
    would leave less than a day, it is moved by whole days, and the rest of the gap is bridged.

    Args:
        series: History of at least one hour, ending at ``start`` at the latest.
        start: First forecast hour.
    """
    age = int((start - series.end) / HOUR)
    if age <= DAY_HOURS:
        return AlignedSeries(series=series, age_hours=age, is_shifted=False)
    weeks = -(-age // WEEK_HOURS) * WEEK_HOURS
    moved = series.shifted(timedelta(hours=weeks)).before(start)
    if moved.observed_hours < min(DAY_HOURS, series.observed_hours):
        moved = series.shifted(timedelta(hours=age // DAY_HOURS * DAY_HOURS))
    return AlignedSeries(series=moved, age_hours=age, is_shifted=True)
