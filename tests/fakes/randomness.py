"""Bytes that tests can foresee."""

from __future__ import annotations

from domain.ports.randomness import Randomness


class CountingRandomness(Randomness):
    """1, 2, 3, … as big-endian numbers; ``asked`` holds how many bytes each one has."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def bytes(self, count: int) -> bytes:
        """See the port."""
        self.asked.append(count)
        return len(self.asked).to_bytes(count)
