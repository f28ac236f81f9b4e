"""Jobs that wait until a test says that there has been time."""

from __future__ import annotations

from collections.abc import Callable


class HeldJobs:
    """Takes jobs and runs them when told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, job: Callable[[], None]) -> bool:
        """Keep a job."""
        self.waiting.append(job)
        return True

    def finish(self) -> None:
        """Run all that is waiting."""
        while self.waiting:
            self.waiting.pop(0)()
