"""Forgot the password: a token goes to the mailbox, if there is an account."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.desk import Desk, about_self
from application.accounts.letters import reset_letter
from application.accounts.throttle import reserve, reserve_in
from domain.identity.audit import AuditEvent, Caller
from domain.identity.limits import MAIL_ADDRESS, MAIL_GLOBAL, RESET_MAIL
from domain.identity.single_use import Purpose
from domain.identity.users import User, read_login
from domain.ports.mailer import Mailer


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReset:
    """Answers alike whether there is an account or not."""

    desk: Desk
    mailer: Mailer
    base_url: str

    def __call__(self, login: str, caller: Caller, *, by_operator: bool = False) -> None:
        """Mail a token to the account of this name or address.

        Raises:
            TooManyRequests: Too many mails for this name, from this client or in all.
        """
        name = read_login(login)
        reserve(self.desk, [(RESET_MAIL, name), (MAIL_ADDRESS, caller.address), (MAIL_GLOBAL, "")])
        letter = None
        with self.desk.database.transaction() as records:
            user = records.users.find_by_login(name)
            # Asked for by name and by address, a mailbox still gets no more; saying so would tell who has which.
            if user is not None and user.is_open and not reserve_in(records, self.desk, [(RESET_MAIL, _mailbox(user))]):
                token = self.desk.mailed_token(records, user, Purpose.RESET_PASSWORD)
                letter = reset_letter(user, token, self.base_url)
                self.desk.note(records, about_self("password.reset_asked", user.id, caller, by_operator=by_operator))
            else:
                self.desk.note(records, AuditEvent(action="password.reset_asked", outcome="refused", caller=caller))
        if letter is not None:
            self.mailer.send(letter)


def _mailbox(user: User) -> str:
    """Never what somebody can type: what is typed is counted for itself."""
    return f"to {user.id}"
