"""Port: unpredictable bytes."""

from __future__ import annotations

from typing import Protocol


class Randomness(Protocol):
    """The source of every token, key and id."""

    def bytes(self, count: int) -> bytes:
        """So many bytes nobody can predict."""
        ...
