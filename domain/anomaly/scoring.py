"""How good detectors are, held against hours that people have labelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from domain.series import HOUR, Bools, Floats, floor_hour

WEEK = timedelta(days=7)
# Whoever was told within this time is not called again for the same thing.
ONE_ALARM = timedelta(hours=24)
DAY_AHEAD = timedelta(hours=24)
# Thresholds tried in the search for the best one.
_TRIED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A time in which a person says that something was wrong.

    Attributes:
        dataset: Whose service it is; None means that of any data set.
        service_id: The service.
        start: First moment, UTC.
        end: First moment after it.

    Raises:
        ValueError: ``end`` is not after ``start``.
    """

    dataset: str | None
    service_id: str
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"a label must end after it starts, got {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class Window:
    """Labelled hours: full ones, the end exclusive."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One moment at which detectors looked at a service.

    Attributes:
        start: First of the newest hours judged.
        end: First hour after them.
        scores: Detector → highest score over the service's metrics; infinite where there was no spread to score by.
    """

    start: datetime
    end: datetime
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DetectionTally:
    """What a detector found and what it got wrong; tallies of services add up.

    Attributes:
        windows: Labelled windows of which any hour was judged.
        found: Those with an alarm.
        false_alarms: Alarms outside of them; those of one service within 24 hours count as one.
        weeks: Service-weeks judged outside of them.
    """

    windows: int = 0
    found: int = 0
    false_alarms: int = 0
    weeks: float = 0.0

    def __add__(self, other: DetectionTally) -> DetectionTally:
        return DetectionTally(
            self.windows + other.windows, self.found + other.found, self.false_alarms + other.false_alarms,
            self.weeks + other.weeks,
        )  # fmt: skip

    @property
    def precision(self) -> float | None:
        """Windows found over all alarms; None without an alarm."""
        alarms = self.found + self.false_alarms
        return self.found / alarms if alarms else None

    @property
    def recall(self) -> float | None:
        """Share of the windows found; None without a window."""
        return self.found / self.windows if self.windows else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None without a window."""
        return 2 * self.found / (self.windows + self.found + self.false_alarms) if self.windows else None

    @property
    def false_per_week(self) -> float | None:
        """False alarms per service-week; None where nothing ordinary was judged."""
        return self.false_alarms / self.weeks if self.weeks else None


def windows_of(labels: Sequence[Label]) -> list[Window]:
    """Labels of one service as full hours, in order; those that touch become one."""
    merged: list[Window] = []
    for label in sorted(labels, key=lambda label: label.start):
        start, end = floor_hour(label.start), floor_hour(label.end - timedelta(microseconds=1)) + HOUR
        if merged and start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Window(start, end))
    return merged


@dataclass(frozen=True, eq=False)
class LabelledService:
    """What detectors said of one service, beside its labels.

    Attributes:
        looks: In order of time.
        windows: In order of time.
    """

    looks: Sequence[Look]
    windows: Sequence[Window]

    def tally(self, detector: str, threshold: float, *, speaks_of_day_ahead: bool) -> DetectionTally:
        """Hold the alarms of one detector against the labels.

        Args:
            detector: Whose scores.
            threshold: Score from which on it is an alarm.
            speaks_of_day_ahead: Whether the verdict is about the 24 hours from the newest hours' start on.
        """
        hits = self._hits_ahead if speaks_of_day_ahead else self._hits
        alarm = self._scores[detector] >= threshold
        judged = self._hits.any(axis=0)
        found = hits[alarm].any(axis=0) & judged
        return DetectionTally(
            int(judged.sum()), int(found.sum()), self._calls(alarm & ~hits.any(axis=1)), self._ordinary_weeks
        )

    def _calls(self, false_alarm: Bools) -> int:
        calls, last = 0, None
        for index in np.flatnonzero(false_alarm).tolist():
            start = self.looks[index].start
            if last is None or start - last >= ONE_ALARM:
                calls, last = calls + 1, start
        return calls

    @cached_property
    def _scores(self) -> Mapping[str, Floats]:
        names = self.looks[0].scores if self.looks else ()
        return {name: np.array([look.scores[name] for look in self.looks]) for name in names}

    @cached_property
    def _hits(self) -> Bools:
        return self._overlaps(HOUR * 0)

    @cached_property
    def _hits_ahead(self) -> Bools:
        return self._overlaps(DAY_AHEAD)

    @cached_property
    def _ordinary_weeks(self) -> float:
        outside = np.flatnonzero(~self._hits.any(axis=1)).tolist()
        return sum((self.looks[index].end - self.looks[index].start for index in outside), HOUR * 0) / WEEK

    def _overlaps(self, at_least: timedelta) -> Bools:
        """Shape (looks, windows): whether what is spoken of and the window have an hour in common."""
        spans = [(look.start, max(look.end, look.start + at_least)) for look in self.looks]
        rows = [[start < window.end and window.start < end for window in self.windows] for start, end in spans]
        return np.array(rows, dtype=bool).reshape(len(self.looks), len(self.windows))


def thresholds_to_try(looks: Sequence[Look], detector: str) -> Iterator[float]:
    """Scores that occurred, evenly picked among the higher half, lowest first."""
    scores = np.array([look.scores[detector] for look in looks])
    finite = np.sort(scores[np.isfinite(scores) & (scores > 0)])
    if finite.size:
        yield from np.unique(np.quantile(finite, np.linspace(0.5, 1.0, _TRIED))).tolist()
