"""Adapter of the port `SessionStore`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete

from adapters.database.accounts.rows import Rows
from adapters.database.tables.accounts import USER_SESSIONS
from domain.identity.sessions import Session
from domain.ports.session_store import SessionStore


class SqlSessions(Rows[Session], SessionStore):
    """The table `user_sessions`."""

    table = USER_SESSIONS
    kind = Session

    def find(self, token_hash: str) -> Session | None:
        """The session of this token."""
        return self.one(USER_SESSIONS.c.token_hash == token_hash)

    def of_user(self, user_id: str) -> list[Session]:
        """An account's sessions, newest first."""
        return self.many(USER_SESSIONS.c.user_id == user_id, order=USER_SESSIONS.c.created_at.desc())

    def remove(self, user_id: str, *, session_id: str | None = None) -> int:
        """End one, or all of an account's."""
        conditions = [USER_SESSIONS.c.user_id == user_id]
        if session_id is not None:
            conditions.append(USER_SESSIONS.c.id == session_id)
        return self._connection.execute(delete(USER_SESSIONS).where(*conditions)).rowcount

    def remove_older(self, created_before: datetime) -> int:
        """Forget old ones."""
        old = delete(USER_SESSIONS).where(USER_SESSIONS.c.created_at < created_before)
        return self._connection.execute(old).rowcount
