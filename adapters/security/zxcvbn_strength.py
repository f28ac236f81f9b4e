"""How soon a password would be guessed, as zxcvbn estimates it (Wheeler, USENIX Security 2016)."""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock

from domain.ports.password_strength import PasswordStrength

_LONGEST = 128


class ZxcvbnStrength(PasswordStrength):
    """One estimate at a time: the library keeps the words of the running one in a place that all threads share."""

    def __init__(self) -> None:
        self._lock = Lock()

    def guesses(self, password: str, known: Collection[str]) -> float:
        """See the port."""
        # Its lists of words take some ten megabytes: only who sets passwords pays for them.
        from zxcvbn import zxcvbn

        if not password:
            return 1.0
        with self._lock:
            return float(zxcvbn(password, user_inputs=sorted(known), max_length=_LONGEST)["guesses"])
