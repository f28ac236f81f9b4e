"""Work beside the requests: one thread and a bounded queue, or, while that is not started, at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from time import monotonic

Job = Callable[[], None]
MOST_WAITING = 1024
# Jobs and requests share one interpreter: a thread that always has work would take half of it.
SHARE = 0.2
_LONGEST_PAUSE_SECONDS = 2.0


class BackgroundJobs:
    """Runs jobs one after the other.

    Until ``start`` is called a job is run by whoever hands it over, so that a program that makes one plan and ends has
    its result. A job deals with the errors it expects; another ends the thread loudly, and the next job starts it anew.

    Args:
        most_waiting: Jobs beyond these are refused.
        share: Part of the time in which jobs run beside requests; after each the thread rests in proportion.
        seconds: Seconds that only grow.
        rest: Waits so many seconds, or until the jobs are stopped; by default it does.
    """

    def __init__(
        self,
        most_waiting: int = MOST_WAITING,
        share: float = SHARE,
        *,
        seconds: Callable[[], float] = monotonic,
        rest: Callable[[float], object] | None = None,
    ) -> None:
        self._waiting: Queue[Job | None] = Queue(most_waiting)
        self._rest_per_second = 1 / share - 1
        self._ending = Event()
        self._seconds = seconds
        self._rest = rest or self._ending.wait
        self._is_started = False
        self._thread: Thread | None = None

    def start(self) -> None:
        """From now on jobs run beside the caller."""
        self._ending.clear()
        self._is_started = True

    def submit(self, job: Job) -> bool:
        """Run a job, now or soon; False when too many are waiting."""
        if not self._is_started:
            job()
            return True
        try:
            self._waiting.put_nowait(job)
        except Full:
            return False
        if self._thread is None or not self._thread.is_alive():
            self._thread = Thread(target=self._work, name="background-jobs", daemon=True)
            self._thread.start()
        return True

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """Drop what is waiting and let the running job finish; jobs handed over later run at once again."""
        self._is_started = False
        self._ending.set()
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout_seconds)
            self._thread = None

    def _work(self) -> None:
        while (job := self._waiting.get()) is not None:
            began = self._seconds()
            job()
            taken_seconds = self._seconds() - began
            self._rest(min(taken_seconds * self._rest_per_second, _LONGEST_PAUSE_SECONDS))
