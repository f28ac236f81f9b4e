"""Set a new password with the token mailed; the second factor is still asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from application.accounts.desk import Desk, about_self
from application.accounts.letters import changed_letter
from application.accounts.second_factor import SecondFactor
from application.accounts.throttle import forgive, reserve
from domain.identity.audit import AuditEvent, Caller
from domain.identity.errors import TokenRefused, TooManyRequests
from domain.identity.limits import LOGIN_ACCOUNT, TOKEN_ADDRESS
from domain.identity.passwords import check_password, normalised
from domain.identity.single_use import Purpose
from domain.identity.tokens import digest, is_token
from domain.identity.users import User
from domain.ports.account_database import AccountRecords
from domain.ports.mailer import Mailer
from domain.ports.password_hasher import PasswordHasher
from domain.ports.password_strength import PasswordStrength


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetPassword:
    """Ends every session; opens a locked account."""

    desk: Desk
    hasher: PasswordHasher
    strength: PasswordStrength
    mailer: Mailer
    second_factor: SecondFactor

    def __call__(self, token: str, password: str, code: str, caller: Caller) -> None:
        """Use a token up and set the password.

        Raises:
            TokenRefused: Token or code is wrong, used or expired; a token is used up even when the code is wrong.
            InvalidRequest: The password is refused; the token stays good.
            TooManyRequests: Too many tokens were tried from this address, or codes for this account.
            Busy: Too many passwords are being checked.
        """
        reserve(self.desk, [(TOKEN_ADDRESS, caller.address)])
        check_password(password, self.strength)
        password_hash = self.hasher.hash(normalised(password)) if is_token(token) else ""
        with self.desk.database.transaction() as records:
            outcome = self._reset(records, token, password, password_hash, code, caller)
        if outcome is None:
            raise TokenRefused
        self.mailer.send(changed_letter(outcome, "The password was reset"))

    def _reset(
        self, records: AccountRecords, token: str, password: str, password_hash: str, code: str, caller: Caller
    ) -> User | None:
        now = self.desk.now()
        known = records.single_use.redeem(Purpose.RESET_PASSWORD, digest(token), now) if is_token(token) else None
        user = records.users.find(known.user_id) if known else None
        if user is None or not user.is_open:
            self.desk.note(records, AuditEvent(action="password.reset", outcome="refused", caller=caller))
            return None
        if user.has_second_factor:
            wait = self.second_factor.wait(records, user)
            if wait:
                # Raised inside the transaction, so that who comes back as told finds the token still good.
                raise TooManyRequests(wait)
            if not self.second_factor.accepts(records, user, code):
                event = AuditEvent(action="password.reset", outcome="refused", user_id=user.id, caller=caller)
                self.desk.note(records, event)
                return None
        # Raises inside the transaction, so that a password made of the owner's name does not cost the token.
        check_password(password, self.strength, about=user.about)
        # The token came to the mailbox: that proves the address as well.
        changed = replace(user.with_password(password_hash, now), email_verified_at=user.email_verified_at or now)
        records.users.save(changed)
        records.sessions.remove(user.id)
        # Failures counted so far were somebody's without the mailbox: they must not keep its owner waiting.
        forgive(records, [(LOGIN_ACCOUNT, user.username), (LOGIN_ACCOUNT, user.email)], forget=True)
        records.single_use.discard(user.id, Purpose.RESET_PASSWORD)
        self.desk.note(records, about_self("password.reset", user.id, caller))
        return changed
