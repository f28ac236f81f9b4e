"""Small jobs that come again, on one thread of their own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread


class Repeated:
    """Does a job, waits, and does it again.

    Args:
        name: The thread's.
        job: Deals with the errors it expects; another ends the thread loudly.
        every_seconds: Wait between the end of one and the beginning of the next.
        first_after_seconds: Wait before the first.
    """

    def __init__(
        self, name: str, job: Callable[[], object], *, every_seconds: float, first_after_seconds: float = 0.0
    ) -> None:
        self._name = name
        self._job = job
        self._every_seconds = every_seconds
        self._first_after_seconds = first_after_seconds
        self._stopping = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin; threads survive no fork. Once is enough."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """Begin nothing new and wait for what is under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_seconds)
            self._thread = None

    def _run(self) -> None:
        wait = self._first_after_seconds
        while not self._stopping.wait(wait):
            self._job()
            wait = self._every_seconds
