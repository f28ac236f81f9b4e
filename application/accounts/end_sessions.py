"""Log out: one session, or all."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.desk import Desk, about_self
from domain.errors import NotFound
from domain.identity.audit import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSessions:
    """Sessions that count no longer from the next request on."""

    desk: Desk

    def __call__(
        self, user_id: str, caller: Caller, *, session_id: str | None = None, by_operator: bool = False
    ) -> int:
        """End one of the account's sessions, or all; returns how many.

        Raises:
            NotFound: The account has no such session.
        """
        with self.desk.database.transaction() as records:
            ended = records.sessions.remove(user_id, session_id=session_id)
            if session_id is not None and not ended:
                raise NotFound("the account has no such session")
            target = f"session:{session_id}" if session_id else "all sessions"
            event = about_self(
                "session.ended", user_id, caller, target=target, by_operator=by_operator, count=str(ended)
            )
            self.desk.note(records, event)
        return ended
