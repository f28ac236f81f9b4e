"""Port: tokens that count once."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.identity.single_use import Purpose, SingleUse


class SingleUseStore(Protocol):
    """Mailed tokens and backup codes, by digest, inside one transaction."""

    def add(self, token: SingleUse) -> None:
        """Store a new token."""
        ...

    def redeem(self, purpose: Purpose, token_hash: str, now: datetime, user_id: str | None = None) -> SingleUse | None:
        """Use a token up; None when there is none, it is used or expired. Of many at once, one wins.

        Args:
            purpose: What it must be good for.
            token_hash: Its digest.
            now: Present moment.
            user_id: Whose it must be; None for anybody's.
        """
        ...

    def discard(self, user_id: str, purpose: Purpose | None = None) -> None:
        """Forget an account's tokens of one purpose, or all."""
        ...

    def unused(self, user_id: str, purpose: Purpose) -> int:
        """How many of an account's tokens are not used yet."""
        ...
