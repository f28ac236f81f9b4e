"""Windows remembered for a short while, never past the turn of the hour, and forgotten when history is written."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from domain.ports.metric_history import HistoryWindow
from domain.series import floor_hour

MOST_WINDOWS: Final = 1024
# A service that has just been brought in must not seem unknown for as long as a known one's samples may be late.
EMPTY_SECONDS: Final = 5.0
# A longer one is asked for by a job, once, and would fill the memory.
LONGEST_HOURS: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowKey:
    """A question for a window."""

    service_id: str
    metric_names: tuple[str, ...]
    end: datetime
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingBegun:
    """When a reading began: on the monotonic clock, in which hour of the wall clock, after how many writings."""

    at: float
    hour: datetime
    writings: int


class WindowCache:
    """Keeps what a remote source answered. Thread-safe, bounded; the window not used for longest is dropped first."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        fresh_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
        most_windows: int = MOST_WINDOWS,
    ) -> None:
        """Nothing is remembered yet.

        Args:
            now: Tells the present, aware.
            fresh_seconds: How long a window is good within its hour, in which samples keep coming.
            monotonic: Seconds that only grow.
            most_windows: How many are kept.
        """
        self._now = now
        self._fresh_seconds = fresh_seconds
        self._monotonic = monotonic
        self._most_windows = most_windows
        self._kept: OrderedDict[WindowKey, tuple[ReadingBegun, HistoryWindow]] = OrderedDict()
        self._writings = 0
        self._lock = Lock()

    def get(self, key: WindowKey) -> HistoryWindow | None:
        """The window when it was read a short while ago within the present hour, else None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            begun, window = found
            fresh_seconds = self._fresh_seconds if window.series else min(self._fresh_seconds, EMPTY_SECONDS)
            if self._monotonic() - begun.at >= fresh_seconds or begun.hour != floor_hour(self._now()):
                del self._kept[key]
                return None
            self._kept.move_to_end(key)
            return window

    def begin(self) -> ReadingBegun:
        """To be called before the source is asked: an answer that crosses the turn of the hour is of the old one."""
        return ReadingBegun(at=self._monotonic(), hour=floor_hour(self._now()), writings=self._writings)

    def put(self, key: WindowKey, begun: ReadingBegun, window: HistoryWindow) -> None:
        """Remember a window; one during whose reading history was written may miss it, and is not kept."""
        with self._lock:
            if key.hours > LONGEST_HOURS or begun.writings != self._writings:
                return
            self._kept[key] = (begun, window)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most_windows:
                self._kept.popitem(last=False)

    def forget(self, *service_ids: str) -> None:
        """To be called after history of services was written."""
        written = frozenset(service_ids)
        with self._lock:
            self._writings += 1
            for key in [key for key in self._kept if key.service_id in written]:
                del self._kept[key]
