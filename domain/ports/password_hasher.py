"""Port: slow hashes of passwords."""

from __future__ import annotations

from typing import Protocol


class PasswordHasher(Protocol):
    """Hashes that are slow on purpose, worked out in few places with a short queue."""

    def hash(self, password: str) -> str:
        """A salted hash in its standard text form; two of one password differ.

        Raises:
            Busy: Every place and the queue are taken.
        """
        ...

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password of that hash; takes as long without a hash, or with a broken one, and says no.

        Raises:
            Busy: Every place and the queue are taken.
        """
        ...

    def close(self) -> None:
        """End: whoever still waits for a place is told `Busy`, whatever is being worked out is finished."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        ...
