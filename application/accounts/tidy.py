"""Remove what is older than it must be kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from application.accounts.desk import Desk
from domain.identity.audit import PRUNED, AuditEvent, Caller
from domain.identity.sessions import SessionLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy:
    """The oldest entries of the audit trail, whose chain goes on without them, and sessions that ended long ago."""

    desk: Desk
    audit_retention: timedelta
    sessions: SessionLimits

    def __call__(self, caller: Caller) -> int:
        """Remove them; returns how many entries. That they were removed is an entry itself."""
        with self.desk.database.transaction() as records:
            now = self.desk.now()
            records.sessions.remove_older(now - self.sessions.absolute)
            removed = records.audit.prune(now - self.audit_retention)
            if removed:
                self.desk.note(records, AuditEvent(action=PRUNED, caller=caller, detail={"entries": str(removed)}))
        return removed
