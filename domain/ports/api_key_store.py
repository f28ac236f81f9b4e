"""Port: API keys of programs."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.identity.keys import ApiKey


class ApiKeyStore(Protocol):
    """Keys by the digest of their text, inside one transaction."""

    def add(self, key: ApiKey) -> None:
        """Store a new key."""
        ...

    def find(self, key_hash: str) -> ApiKey | None:
        """The key of this digest, whether it still lives or not."""
        ...

    def of_user(self, user_id: str) -> list[ApiKey]:
        """All keys of an account, newest first, those that no longer live included."""
        ...

    def revoke(self, user_id: str, key_id: str, at: datetime) -> ApiKey | None:
        """Take a key back at a moment, unless an earlier one stands; the key as it is then, None when there is none."""
        ...

    def forget_names(self, user_id: str) -> None:
        """Remove what an account's keys were called: their owner wrote it."""
        ...

    def used(self, key_id: str, at: datetime) -> None:
        """Note the last use."""
        ...
