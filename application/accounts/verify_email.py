"""Prove an address with the token mailed to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from application.accounts.desk import Desk, about_self
from application.accounts.throttle import reserve
from domain.identity.audit import AuditEvent, Caller
from domain.identity.errors import TokenRefused
from domain.identity.limits import TOKEN_ADDRESS
from domain.identity.single_use import Purpose
from domain.identity.tokens import digest, is_token


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyEmail:
    """Opens an account for log-ins."""

    desk: Desk

    def __call__(self, token: str, caller: Caller) -> None:
        """Use a token up.

        Raises:
            TokenRefused: It is wrong, used or expired.
            TooManyRequests: Too many tokens were tried from this address.
        """
        reserve(self.desk, [(TOKEN_ADDRESS, caller.address)])
        now = self.desk.now()
        with self.desk.database.transaction() as records:
            known = records.single_use.redeem(Purpose.VERIFY_EMAIL, digest(token), now) if is_token(token) else None
            user = records.users.find(known.user_id) if known else None
            if user is not None and user.is_open:
                records.users.save(replace(user, email_verified_at=now, updated_at=now))
                self.desk.note(records, about_self("account.verified", user.id, caller))
            else:
                user = None
                self.desk.note(records, AuditEvent(action="account.verified", outcome="refused", caller=caller))
        if user is None:
            raise TokenRefused
