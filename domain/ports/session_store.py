"""Port: sessions of people."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.identity.sessions import Session


class SessionStore(Protocol):
    """Sessions by the digest of their token, inside one transaction."""

    def add(self, session: Session) -> None:
        """Store a new session."""
        ...

    def find(self, token_hash: str) -> Session | None:
        """The session of this token, whether it still lives or not."""
        ...

    def save(self, session: Session) -> None:
        """Write last activity and moment of confirmation."""
        ...

    def of_user(self, user_id: str) -> list[Session]:
        """All sessions of an account, newest log-in first."""
        ...

    def remove(self, user_id: str, *, session_id: str | None = None) -> int:
        """End one session of an account, or all; returns how many."""
        ...

    def remove_older(self, created_before: datetime) -> int:
        """Forget sessions that began before a moment; returns how many."""
        ...
