"""The last 14 days before a forecast, laid out as days that end where the forecast begins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.errors import NotEnoughHistory
from domain.ports.forecaster import ForecastRequest
from domain.series import HOUR, Bools, Floats

DAYS, HOURS, PAST = 14, 24, 7
WINDOW_HOURS = DAYS * HOURS
# A series with a tenth of its hours missing is still judged by the time it spans.
_SEEN_SHARE = 0.9
_ORIGIN_NEEDS_HOURS = (DAYS + 1 - np.arange(PAST, DAYS)) * HOURS


class DayWindow:
    """Histories of a batch, aligned by hour of the day with the hours to be forecast.

    Attributes:
        days: (B, 14, 24), hours that were not observed filled from those that were.
        counted: (B, 7, 24), 1 where the last 7 days, seen as past origins, may be judged: the hour was observed and a
            whole day of history lies before its day.
        hours: (B,) hours of history: the time spanned, less when more than a tenth of it was not observed.
        late_hours: (B,) hours by which leads are longer than they look: the gap before the start, the age of an old
            history.
    """

    def __init__(self, requests: Sequence[ForecastRequest]) -> None:
        """Lay out the requests.

        Raises:
            NotEnoughHistory: A target has no observed hour.
        """
        count = len(requests)
        values = np.zeros((count, WINDOW_HOURS))
        seen = np.zeros((count, WINDOW_HOURS), dtype=bool)
        self.late_hours: Floats = np.empty(count)
        for row, request in enumerate(requests):
            self.late_hours[row] = _place(request, values[row], seen[row])
        self.days: Floats = values.reshape(count, DAYS, HOURS)
        if seen.all():
            self.counted: Floats = np.ones((count, PAST, HOURS))
            self.hours: Floats = np.full(count, float(WINDOW_HOURS))
        else:
            self._fill(seen)

    def _fill(self, seen: Bools) -> None:
        by_day = seen.reshape(self.days.shape)
        self.days = fill_days(self.days, by_day)
        _bridge(self.days.reshape(seen.shape), seen)
        span = WINDOW_HOURS - seen.argmax(axis=1)
        self.hours = np.minimum(span, seen.sum(axis=1) / _SEEN_SHARE)
        judged = span[:, None] >= _ORIGIN_NEEDS_HOURS
        self.counted = np.where(judged[:, :, None] & by_day[:, PAST:], 1.0, 0.0)


def _place(request: ForecastRequest, values: Floats, seen: Bools) -> float:
    """Write a target's newest hours into its row; returns by how many hours its leads are longer.

    A gap of whole days moves the series up to the start, so that hours of the day still match.
    """
    target = request.target
    if not target.observed_hours:
        raise NotEnoughHistory(needed_hours=1, observed_hours=0)
    late = max(0, round((request.start - target.end) / HOUR))
    stop = WINDOW_HOURS - late % HOURS
    keep = min(len(target), stop)
    values[stop - keep : stop] = target.values[-keep:]
    seen[stop - keep : stop] = target.observed[-keep:]
    if keep < len(target) and not seen.any():
        raise NotEnoughHistory(needed_hours=1, observed_hours=0)
    return float(late + request.stale_hours)


def fill_days(days: Floats, seen: Bools) -> Floats:
    """Replace hours that were not observed by the same hour of the nearest observed day.

    Earlier days come first, so that an origin sees nothing of its own day; later ones only serve the front of a short
    history, whose origins carry no weight. An hour of the day that was never observed takes the mean.

    Args:
        days: (B, 14, 24); values where ``seen`` is False are never read.
        seen: (B, 14, 24), at least one True per series.
    """
    day = np.arange(DAYS)[None, :, None]
    before = np.maximum.accumulate(np.where(seen, day, -1), axis=1)
    after = np.minimum.accumulate(np.where(seen, day, DAYS)[:, ::-1], axis=1)[:, ::-1]
    source = np.where(before >= 0, before, after)
    filled: Floats = np.take_along_axis(days, np.minimum(source, DAYS - 1), axis=1)
    if int(source.max()) == DAYS:
        mean = np.where(seen, days, 0.0).sum(axis=(1, 2)) / seen.sum(axis=(1, 2))
        filled = np.where(source < DAYS, filled, mean[:, None, None])
    return filled


def _bridge(values: Floats, seen: Bools) -> None:
    """Hours between the newest observation and the start: halfway between it and the same hour of the day before."""
    newest = WINDOW_HOURS - 1 - seen[:, ::-1].argmax(axis=1)
    for row in np.flatnonzero(newest < WINDOW_HOURS - 1):
        tail = slice(int(newest[row]) + 1, None)
        values[row, tail] = 0.5 * (values[row, tail] + values[row, newest[row]])
