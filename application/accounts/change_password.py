"""Change the password of a fresh session."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.desk import Desk, SignedIn, about_self
from application.accounts.letters import changed_letter
from domain.identity.audit import Caller
from domain.identity.errors import NotAuthenticated
from domain.identity.passwords import check_password, normalised
from domain.ports.mailer import Mailer
from domain.ports.password_hasher import PasswordHasher
from domain.ports.password_strength import PasswordStrength


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """Ends every session; the one that asked goes on under a new token."""

    desk: Desk
    hasher: PasswordHasher
    strength: PasswordStrength
    mailer: Mailer

    def __call__(self, user_id: str, password: str, caller: Caller) -> SignedIn:
        """Set the password.

        Raises:
            InvalidRequest: The password is refused.
            Busy: Too many passwords are being checked.
        """
        with self.desk.database.reading() as records:
            known = records.users.find(user_id)
        if known is None:
            raise NotAuthenticated("the account is gone")
        check_password(password, self.strength, about=known.about)
        password_hash = self.hasher.hash(normalised(password))
        with self.desk.database.transaction() as records:
            user = records.users.find(user_id)
            if user is None or not user.is_open:
                raise NotAuthenticated("the account is gone")
            changed = user.with_password(password_hash, self.desk.now())
            records.users.save(changed)
            signed_in = self.desk.renew_session(records, changed, caller, end=None)
            self.desk.note(records, about_self("password.changed", user_id, caller))
        self.mailer.send(changed_letter(changed, "The password was changed"))
        return signed_in
