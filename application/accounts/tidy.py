"""Remove what is older than it must be kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from application.accounts.desk import Desk
from domain.identity.audit import PRUNED, AuditEvent, Caller
from domain.identity.sessions import SessionLimits
from domain.identity.users import UNPROVEN_KEPT
from domain.ports.account_database import AccountRecords

# As many as can be asked for in an hour.
_MOST_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy:
    """Oldest entries of the audit trail, whose chain goes on without them, old sessions, accounts never proven."""

    desk: Desk
    audit_retention: timedelta
    sessions: SessionLimits

    def __call__(self, caller: Caller) -> int:
        """Remove them; returns how many entries. That they were removed is an entry itself."""
        with self.desk.database.transaction() as records:
            now = self.desk.now()
            records.sessions.remove_older(now - self.sessions.absolute)
            self._give_names_back(records, now, caller)
            removed = records.audit.prune(now - self.audit_retention)
            if removed:
                self.desk.note(records, AuditEvent(action=PRUNED, caller=caller, detail={"entries": str(removed)}))
        return removed

    def _give_names_back(self, records: AccountRecords, now: datetime, caller: Caller) -> None:
        """Whoever asked for an account and never proved the address keeps neither from others."""
        for waiting in records.users.never_verified(now - UNPROVEN_KEPT, _MOST_AT_ONCE):
            # Read again, locked: it may be proven at this very moment.
            user = records.users.find(waiting.id)
            if user is None or user.is_verified:
                continue
            records.users.save(user.erased(now))
            records.single_use.discard(user.id)
            event = AuditEvent(action="account.expired", user_id=user.id, target=f"user:{user.id}", caller=caller)
            self.desk.note(records, event)
