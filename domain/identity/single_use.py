"""Tokens that count once: mailed ones and backup codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Purpose(StrEnum):
    """What a token is good for; one for another purpose counts for nothing."""

    RESET_PASSWORD = "reset_password"  # noqa: S105  # a purpose, not a password
    VERIFY_EMAIL = "verify_email"
    BACKUP_CODE = "backup_code"


# Backup codes last until they are renewed; a century stands for that.
LIFE_OF = {
    Purpose.RESET_PASSWORD: timedelta(minutes=30),
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.BACKUP_CODE: timedelta(days=36_500),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleUse:
    """A token that counts once.

    Attributes:
        id: Row.
        purpose: What it is good for.
        user_id: Whose.
        token_hash: SHA-256 of the token.
        created_at: Moment it was made.
        expires_at: Moment from which it counts for nothing.
        used_at: When it was redeemed; None before.
    """

    id: str
    purpose: Purpose
    user_id: str
    token_hash: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


def single_use(purpose: Purpose, *, id: str, user_id: str, token_hash: str, now: datetime) -> SingleUse:  # noqa: A002
    """A token made now."""
    return SingleUse(
        id=id,
        purpose=purpose,
        user_id=user_id,
        token_hash=token_hash,
        created_at=now,
        expires_at=now + LIFE_OF[purpose],
    )
