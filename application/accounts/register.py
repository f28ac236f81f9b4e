"""Ask for an account; the mailbox learns whether there is one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from application.accounts.create_user import NewUser, drafted_user
from application.accounts.desk import Desk
from application.accounts.letters import taken_letter, verify_letter
from application.accounts.throttle import reserve
from domain.identity.audit import AuditEvent, Caller
from domain.identity.errors import AlreadyExists, RegistrationClosed
from domain.identity.limits import MAIL_ADDRESS, MAIL_GLOBAL, VERIFY_MAIL
from domain.identity.passwords import normalised
from domain.identity.scopes import Role
from domain.identity.single_use import Purpose
from domain.identity.users import User, read_email
from domain.ports.mailer import Mail, Mailer
from domain.ports.password_hasher import PasswordHasher
from domain.ports.password_strength import PasswordStrength


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """An account that waits for its address to be proven."""

    desk: Desk
    hasher: PasswordHasher
    strength: PasswordStrength
    mailer: Mailer
    base_url: str
    is_open: bool

    def __call__(self, wanted: NewUser, caller: Caller) -> None:
        """Store the account and mail a token; when name or address is taken, mail that instead and say nothing.

        Raises:
            RegistrationClosed: Accounts are made by the operator.
            InvalidRequest: A field or the password is refused.
            TooManyRequests: Too many mails to this address, from this client or in all.
        """
        if not self.is_open:
            raise RegistrationClosed("accounts are made by the operator of this service (REGISTRATION=open lifts it)")
        drafted = drafted_user(self.desk, self.strength, replace(wanted, role=Role.USER))
        email = read_email(wanted.email)
        reserve(self.desk, [(VERIFY_MAIL, email), (MAIL_ADDRESS, caller.address), (MAIL_GLOBAL, "")])
        user = drafted(self.hasher.hash(normalised(wanted.password)), is_verified=False)
        try:
            letter = self._added(user, caller)
        except AlreadyExists:
            letter = self._taken(user, caller)
        self.mailer.send(letter)

    def _added(self, user: User, caller: Caller) -> Mail:
        with self.desk.database.transaction() as records:
            records.users.add(user)
            token = self.desk.mailed_token(records, user, Purpose.VERIFY_EMAIL)
            event = AuditEvent(action="account.registered", user_id=user.id, target=f"user:{user.id}", caller=caller)
            self.desk.note(records, event)
        return verify_letter(user.email, token, self.base_url)

    def _taken(self, user: User, caller: Caller) -> Mail:
        with self.desk.database.transaction() as records:
            self.desk.note(records, AuditEvent(action="account.registered", outcome="refused", caller=caller))
        return taken_letter(user.email, user.username)
