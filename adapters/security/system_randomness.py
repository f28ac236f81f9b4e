"""Adapter of the port `Randomness`."""

from __future__ import annotations

import secrets

from domain.ports.randomness import Randomness


class SystemRandomness(Randomness):
    """The operating system's generator."""

    def bytes(self, count: int) -> bytes:
        """So many bytes nobody can predict."""
        return secrets.token_bytes(count)
