"""Confirm the password again, before credentials are changed."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.desk import Desk, SignedIn, about_self
from application.accounts.second_factor import SecondFactor
from application.accounts.throttle import Counter, forgive, reserve
from domain.identity.audit import Caller
from domain.identity.errors import BadCredentials, Busy, TooManyRequests
from domain.identity.limits import LOGIN_ACCOUNT
from domain.identity.passwords import normalised
from domain.identity.users import User
from domain.ports.account_database import AccountRecords
from domain.ports.password_hasher import PasswordHasher


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUp:
    """The password, and the code where there is one, once more; the session goes on under a new token."""

    desk: Desk
    hasher: PasswordHasher
    second_factor: SecondFactor

    def __call__(self, user_id: str, session_id: str, password: str, code: str, caller: Caller) -> SignedIn:
        """Make a session fresh for five minutes.

        Raises:
            BadCredentials: Password or code is wrong.
            TooManyRequests: Too many attempts.
            Busy: Too many passwords are being checked.
        """
        counters = [(LOGIN_ACCOUNT, f"step-up:{user_id}")]
        reserve(self.desk, counters, delayed=LOGIN_ACCOUNT)
        with self.desk.database.reading() as records:
            found = records.users.find(user_id)
        try:
            right = self.hasher.verify(found.password_hash if found else None, normalised(password))
        except Busy:
            with self.desk.database.transaction() as records:
                forgive(records, counters)
            raise
        with self.desk.database.transaction() as records:
            user = records.users.find(user_id)
            outcome = self._confirm(records, user, right, session_id, code, counters, caller) if user else None
        if isinstance(outcome, float):
            raise TooManyRequests(outcome)
        if outcome is None:
            raise BadCredentials
        return outcome

    def _confirm(
        self, records: AccountRecords, user: User, right: bool, session_id: str, code: str, counters: list[Counter],
        caller: Caller,
    ) -> SignedIn | float | None:  # fmt: skip
        if user.has_second_factor and right:
            wait = self.second_factor.wait(records, user)
            if wait:
                return wait
            right = self.second_factor.accepts(records, user, code)
        if not right or not user.is_open:
            self.desk.note(records, about_self("session.step_up", user.id, caller, outcome="refused"))
            return None
        forgive(records, counters, forget=True)
        self.desk.note(records, about_self("session.step_up", user.id, caller, target=f"session:{session_id}"))
        return self.desk.renew_session(records, user, caller, end=session_id)
