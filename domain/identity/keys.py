"""API keys of programs: how long they live, and how one follows another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.errors import FieldError, InvalidRequest
from domain.identity.scopes import Scope

DEFAULT_DAYS = 90
MAX_DAYS = 365
ROTATION_OVERLAP = timedelta(hours=24)
MAX_NAME_LENGTH = 100
# More than anybody needs; a stolen session cannot fill the table.
MAX_KEYS_PER_USER = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A program's key; the key itself is shown once and never stored.

    Attributes:
        id: Row, safe to show.
        user_id: Whose.
        name: What the owner calls it.
        key_hash: SHA-256 of the key.
        shown: Its first characters, to recognise it by.
        scopes: What it may do.
        created_at: Moment it was made.
        expires_at: Moment from which it counts for nothing.
        revoked_at: Moment it was taken back, if it was.
        last_used_at: Last use written.
        replaces: The key it follows after a rotation.
    """

    id: str
    user_id: str
    name: str
    key_hash: str
    shown: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    replaces: str | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether the key still opens anything."""
        return now < self.expires_at and (self.revoked_at is None or now < self.revoked_at)

    def revoked(self, at: datetime) -> ApiKey:
        """Taken back at a moment; an earlier one stays."""
        return replace(self, revoked_at=at if self.revoked_at is None else min(at, self.revoked_at))


def expiry(created_at: datetime, days: int | None) -> datetime:
    """When a key made now expires.

    Raises:
        InvalidRequest: Less than a day or more than a year.
    """
    lasting = DEFAULT_DAYS if days is None else days
    if not 1 <= lasting <= MAX_DAYS:
        expected = f"1 to {MAX_DAYS} days"
        field = FieldError(pointer="/expires_in_days", expected=expected, code="range")
        raise InvalidRequest(f"/expires_in_days: {expected}", [field])
    return created_at + timedelta(days=lasting)
