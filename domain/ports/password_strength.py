"""Port: how soon a password would be guessed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class PasswordStrength(Protocol):
    """Estimates for whoever guesses what is likely first: lists of passwords, words, names, dates, rows of keys."""

    def guesses(self, password: str, known: Collection[str]) -> float:
        """About how many guesses it takes, at least 1.

        Args:
            password: At most 128 characters; the time grows with the square of their number.
            known: Words that a guesser of this password would try first, in any case.
        """
        ...
