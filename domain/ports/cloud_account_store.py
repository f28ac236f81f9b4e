"""Port: cloud accounts of users."""

from __future__ import annotations

from typing import Protocol

from domain.identity.cloud import CloudAccount


class CloudAccountStore(Protocol):
    """Cloud accounts with their sealed credentials, inside one transaction."""

    def add(self, account: CloudAccount) -> None:
        """Store a new one."""
        ...

    def find(self, user_id: str, account_id: str) -> CloudAccount | None:
        """One of a user's; None when there is none of that id or it is somebody else's."""
        ...

    def of_user(self, user_id: str) -> list[CloudAccount]:
        """All of a user's, oldest first."""
        ...

    def save(self, account: CloudAccount) -> None:
        """Write every field of one that is there."""
        ...

    def remove(self, user_id: str, account_id: str | None = None) -> int:
        """Forget one, or all of a user's; returns how many."""
        ...

    def after(self, account_id: str, limit: int) -> list[CloudAccount]:
        """Anybody's, by id, those after the id given."""
        ...
