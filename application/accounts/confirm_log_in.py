"""Log in, second part: the code."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.desk import Desk, SignedIn, about_self
from application.accounts.second_factor import SecondFactor
from domain.identity.audit import AuditEvent, Caller
from domain.identity.errors import BadCredentials, TooManyRequests
from domain.identity.sessions import SessionLimits
from domain.identity.tokens import digest
from domain.ports.account_database import AccountRecords


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmLogIn:
    """From a session that waits for its code to a whole one, under a new token."""

    desk: Desk
    second_factor: SecondFactor
    limits: SessionLimits

    def __call__(self, pending_token: str, code: str, caller: Caller) -> SignedIn:
        """Check a code.

        Raises:
            BadCredentials: The code is wrong or used, or the password was given too long ago.
            TooManyRequests: Too many codes were tried.
        """
        with self.desk.database.transaction() as records:
            outcome = self._confirm(records, pending_token, code, caller)
        if isinstance(outcome, float):
            raise TooManyRequests(outcome)
        if outcome is None:
            raise BadCredentials
        return outcome

    def _confirm(
        self, records: AccountRecords, pending_token: str, code: str, caller: Caller
    ) -> SignedIn | float | None:
        """The session, the seconds to wait, or None: refusals are written down, too."""
        pending = records.sessions.find(digest(pending_token))
        if pending is None or not pending.is_pending or not pending.is_live(self.desk.now(), self.limits):
            return None
        user = records.users.find(pending.user_id)
        if user is None or not user.may_log_in:
            return None
        wait = self.second_factor.wait(records, user)
        if wait:
            return wait
        if not self.second_factor.accepts(records, user, code):
            event = AuditEvent(action="session.second_factor", outcome="refused", user_id=user.id, caller=caller)
            self.desk.note(records, event)
            return None
        user = user.after_login(self.desk.now(), caller.address)
        records.users.save(user)
        signed_in = self.desk.renew_session(records, user, caller, end=pending.id)
        self.desk.note(records, about_self("session.login", user.id, caller, target=f"session:{signed_in.session.id}"))
        return signed_in
