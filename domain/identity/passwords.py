"""What a password must be: long, and not guessed soon by whoever knows people and its owner."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from domain.errors import FieldError, InvalidRequest
from domain.ports.password_strength import PasswordStrength

# A second factor can be switched off again, so it does not allow a shorter one.
MIN_LENGTH: Final = 15
MAX_LENGTH: Final = 128
# Four unrelated words or fifteen letters by chance take more; known passwords, however stretched, take fewer.
LEAST_GUESSES: Final = 1e14
# Estimates of longer texts take seconds when somebody means them to. So much of either end is enough to tell.
JUDGED_LENGTH: Final = 24
_SHORTEST_CONTEXT = 3
_SEPARATORS = frozenset(" -_.,;:/+")
_OWN_WORDS = (
    "mcp", "core", "mcpcore", "orchestrator", "capacity", "forecast", "flavor", "correcthorsebatterystaple",
    "correcthorsebattery", "horsebatterystaple",
)  # fmt: skip


def normalised(password: str) -> str:
    """One form for texts that look the same (NFC), so that another keyboard types the same password."""
    return unicodedata.normalize("NFC", password)


def check_password(
    password: str, strength: PasswordStrength, *, about: Iterable[str] = (), pointer: str = "/password"
) -> None:
    """Refuse what is too short, too long or guessed soon; any mix of characters is fine.

    Args:
        password: As typed.
        strength: What estimates how soon.
        about: What is known of its owner: name, address, organisation.
        pointer: Field named in the error.

    Raises:
        InvalidRequest: One entry, saying what is wrong.
    """
    wrong = _fault(normalised(password), strength, about)
    if wrong:
        raise InvalidRequest(f"{pointer}: {wrong}", [FieldError(pointer=pointer, expected=wrong, code="password")])


def _fault(password: str, strength: PasswordStrength, about: Iterable[str]) -> str | None:
    if len(password) < MIN_LENGTH:
        return f"at least {MIN_LENGTH} characters"
    if len(password) > MAX_LENGTH:
        return f"at most {MAX_LENGTH} characters"
    if any(unicodedata.category(letter) == "Cs" for letter in password):
        return "text that can be written in UTF-8"
    known = {*_OWN_WORDS, *(part for text in about for part in _context_parts(text))}
    if _guesses(password, strength, known) < LEAST_GUESSES:
        return "not made of common words, names, dates, rows of keys or what is known of you; four unrelated words do"
    return None


def _guesses(password: str, strength: PasswordStrength, known: set[str]) -> float:
    """Of its better end, without what stands between words: a habit to a guesser, and to an estimator all new."""
    between = _SEPARATORS.intersection(password)
    joined = "".join(letter for letter in password if letter not in between)
    ends = {joined[:JUDGED_LENGTH], joined[-JUDGED_LENGTH:]}
    return max(strength.guesses(end, known) for end in ends) * 10.0 ** len(between)


def _context_parts(text: str) -> set[str]:
    """A text as a whole, its words, and the words put together."""
    folded = text.casefold()
    words = "".join(letter if letter.isalnum() else " " for letter in folded).split()
    return {part for part in (folded, *words, "".join(words)) if len(part) >= _SHORTEST_CONTEXT}
