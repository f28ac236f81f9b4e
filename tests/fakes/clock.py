"""A clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.ports.clock import Clock


class FixedClock(Clock):
    """Always tells the same time, until it is set to another."""

    def __init__(self, moment: datetime = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """The moment it was set to."""
        return self.moment
