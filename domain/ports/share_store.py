"""Port: owners of histories, and what was shared."""

from __future__ import annotations

from typing import Protocol

from domain.identity.sharing import HistoryOwner, Share


class ShareStore(Protocol):
    """Owners and shares, inside one transaction."""

    def claim(self, owner: HistoryOwner) -> str:
        """Make a history somebody's unless it is already; whose it is then. Of many at once, one wins."""
        ...

    def owner_of(self, service_id: str) -> str | None:
        """Whose a history is; None for the operator's."""
        ...

    def owners(self) -> list[HistoryOwner]:
        """All histories that are somebody's, by service."""
        ...

    def disown(self, service_id: str) -> bool:
        """Make a history the operator's, and forget with whom it was shared; whether it was somebody's."""
        ...

    def add(self, share: Share) -> None:
        """Store a new share.

        Raises:
            AlreadyExists: It is shared with them already.
        """
        ...

    def find(self, share_id: str) -> Share | None:
        """The share of this id."""
        ...

    def all(self) -> list[Share]:
        """All shares, oldest first."""
        ...

    def of_user(self, user_id: str) -> list[Share]:
        """What an account shared, and what was shared with it by name, oldest first."""
        ...

    def remove(self, share_id: str) -> None:
        """Forget one."""
        ...

    def remove_of(self, user_id: str) -> int:
        """Forget what an account shared and what was shared with it; returns how many."""
        ...
