"""Port: counters of attempts, shared by all processes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from domain.identity.limits import Attempts


class AttemptStore(Protocol):
    """Counters by kind and subject, inside one short transaction."""

    def find(self, kind: str, subject: str) -> Attempts | None:
        """The counter, locked against other writers until the transaction ends."""
        ...

    def save(self, kind: str, subject: str, attempts: Attempts) -> None:
        """Write a counter, new or not."""
        ...

    def remove(self, kind: str, subject: str) -> None:
        """Forget a counter."""
        ...

    def add_requests(self, counts: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
        """Add to request counters, each of a subject and a window's start; returns their totals over all processes."""
        ...

    def forget_older(self, before: datetime) -> None:
        """Forget counters of attempts, and windows of requests, whose newest is older than a moment."""
        ...
