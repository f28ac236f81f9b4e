"""What a password must be: long, not guessed first, not made of what is known of its owner."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

from domain.errors import FieldError, InvalidRequest
from domain.identity.common_words import COMMON_PARTS

# A second factor can be switched off again, so it does not allow a shorter one.
MIN_LENGTH: Final = 15
MAX_LENGTH: Final = 128
_LEAST_DIFFERENT = 6
# Characters that no known word explains; fewer leave a guesser next to nothing to try.
_LEAST_UNEXPLAINED = 6
_SHORTEST_CONTEXT = 4
_OWN_WORDS = ("mcpcore", "mcp-core", "mcp core", "orchestrator", "capacity", "forecast", "flavor")
# What stands between words makes none of them harder to guess.
_SEPARATORS = str.maketrans(dict.fromkeys(" -_.,;:/+", ""))
_LEET = str.maketrans("0134578@$!|+", "oieastbasiit")
_LEET_L = str.maketrans("0134578@$!|+", "oleastbasllt")


def normalised(password: str) -> str:
    """One form for texts that look the same (NFC), so that another keyboard types the same password."""
    return unicodedata.normalize("NFC", password)


def check_password(password: str, *, about: Iterable[str] = (), pointer: str = "/password") -> None:
    """Refuse what is too short, too long or guessed first; any mix of characters is fine.

    Args:
        password: As typed.
        about: What is known of its owner: name, address, organisation.
        pointer: Field named in the error.

    Raises:
        InvalidRequest: One entry, saying what is wrong.
    """
    wrong = _fault(normalised(password), about)
    if wrong:
        raise InvalidRequest(f"{pointer}: {wrong}", [FieldError(pointer=pointer, expected=wrong, code="password")])


def _fault(password: str, about: Iterable[str]) -> str | None:
    if len(password) < MIN_LENGTH:
        return f"at least {MIN_LENGTH} characters"
    if len(password) > MAX_LENGTH:
        return f"at most {MAX_LENGTH} characters"
    if any(unicodedata.category(letter) == "Cs" for letter in password):
        return "text that can be written in UTF-8"
    if len(set(password)) < _LEAST_DIFFERENT:
        return f"at least {_LEAST_DIFFERENT} different characters"
    if is_guessed_first(password, about):
        return "not made of common words, names, dates, rows of keys or what is known of you; four unrelated words do"
    return None


def is_guessed_first(password: str, about: Iterable[str] = ()) -> bool:
    """Whether common words, rows of keys, years, repetition or the owner's own data explain nearly all of it."""
    known = {part for text in (*about, *_OWN_WORDS) for part in _context_parts(text)}
    folded = _without_repetition(password.casefold())
    known |= {part.translate(_SEPARATORS) for part in known}
    least = min(_unexplained(reading, known) for reading in _readings(folded.translate(_SEPARATORS)))
    return least < _LEAST_UNEXPLAINED


def _readings(folded: str) -> tuple[str, ...]:
    """As it stands, and with the usual letters for look-alike digits and signs."""
    return folded, folded.translate(_LEET), folded.translate(_LEET_L)


def _context_parts(text: str) -> set[str]:
    folded = text.casefold()
    whole = {folded} | set("".join(letter if letter.isalnum() else " " for letter in folded).split())
    return {part for part in whole if len(part) >= _SHORTEST_CONTEXT}


def _without_repetition(text: str) -> str:
    """A text that is one unit again and again counts once, and a run of one character as two."""
    for size in range(1, len(text) // 2 + 1):
        unit = text[:size]
        if (unit * (len(text) // size + 1))[: len(text)] == text:
            return unit
    kept = [letter for at, letter in enumerate(text) if at < 2 or text[at - 2 : at] != letter * 2]
    return "".join(kept)


def _unexplained(text: str, known: set[str]) -> int:
    """Fewest characters left when known parts are laid over the text without overlap."""
    longest = max([len(part) for part in known] + [_LONGEST_COMMON])
    least = [0]
    for end in range(1, len(text) + 1):
        best = least[end - 1] + 1
        for size in range(3, min(end, longest) + 1):
            part = text[end - size : end]
            if least[end - size] < best and (part in COMMON_PARTS or part in known):
                best = least[end - size]
        least.append(best)
    return least[-1]


_LONGEST_COMMON = max(len(part) for part in COMMON_PARTS)
