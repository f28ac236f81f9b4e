"""What a password must be, at its edges. The long lists of bad ones are in tests/http/test_no_enumeration.py's house."""

from __future__ import annotations

import pytest

from domain.errors import FieldError, InvalidRequest
from domain.identity.passwords import MAX_LENGTH, MIN_LENGTH, check_password, is_guessed_first, normalised

GOOD = "correct-zebra-lantern-42"


def fault(password: str, *about: str) -> str:
    """What is wrong with it; empty when nothing is."""
    try:
        check_password(password, about=about)
    except InvalidRequest as refusal:
        [only] = refusal.errors
        assert only == FieldError(pointer="/password", expected=only.expected, code="password")
        assert str(refusal) == f"/password: {only.expected}"
        return only.expected
    return ""
