"""Estimates that tests can foresee."""

from __future__ import annotations

from collections.abc import Collection

from domain.ports.password_strength import PasswordStrength

_COMMON = ("password", "qwertyuiop", "123456789", "summer", "2024")


class WordCountingStrength(PasswordStrength):
    """Ten guesses for each common or known word, thirty for each other character; a repeated character is one.

    Attributes:
        asked: Password and known words of each question.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, frozenset[str]]] = []

    def guesses(self, password: str, known: Collection[str]) -> float:
        """See the port."""
        self.asked.append((password, frozenset(known)))
        left, found = password.casefold(), 1.0
        for word in sorted({*_COMMON, *(word.casefold() for word in known)}, key=len, reverse=True):
            found *= 10.0 ** left.count(word)
            left = left.replace(word, "")
        different = "".join(letter for at, letter in enumerate(left) if letter not in left[:at])
        return float(found * 30.0 ** len(different))
