"""Confirm an authenticator with its first code; the backup codes are shown once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from application.accounts.desk import Desk, SignedIn, about_self
from application.accounts.letters import changed_letter
from application.accounts.second_factor import SecondFactor
from domain.identity.audit import Caller
from domain.identity.errors import AlreadyExists, NotAuthenticated, TokenRefused, TooManyRequests
from domain.identity.single_use import Purpose, single_use
from domain.identity.tokens import BACKUP_CODE_BYTES, BACKUP_CODES, digest, new_backup_code, read_backup_code
from domain.identity.users import User
from domain.ports.account_database import AccountRecords
from domain.ports.mailer import Mailer


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The session under its new token, and the codes for when the authenticator is lost."""

    signed_in: SignedIn
    backup_codes: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmTotp:
    """From now on log-ins ask for a code; every other session ends."""

    desk: Desk
    second_factor: SecondFactor
    mailer: Mailer

    def __call__(self, user_id: str, code: str, caller: Caller) -> Confirmed:
        """Check the first code.

        Raises:
            TokenRefused: The code is wrong, or nothing was enrolled.
            AlreadyExists: It was confirmed before.
            TooManyRequests: Too many codes were tried.
        """
        with self.desk.database.transaction() as records:
            outcome = self._confirm(records, user_id, code, caller)
        if isinstance(outcome, float):
            raise TooManyRequests(outcome)
        if outcome is None:
            raise TokenRefused
        self.mailer.send(changed_letter(outcome.signed_in.user, "A second factor was switched on for log-ins"))
        return outcome

    def _confirm(self, records: AccountRecords, user_id: str, code: str, caller: Caller) -> Confirmed | float | None:
        user = records.users.find(user_id)
        if user is None or not user.is_open:
            raise NotAuthenticated("the account is gone")
        if user.has_second_factor:
            raise AlreadyExists("the authenticator is confirmed already")
        wait = self.second_factor.wait(records, user)
        if wait:
            return wait
        if not self.second_factor.accepts(records, user, code):
            self.desk.note(records, about_self("totp.confirmed", user_id, caller, outcome="refused"))
            return None
        now = self.desk.now()
        confirmed = replace(user, totp_confirmed_at=now, updated_at=now)
        records.users.save(confirmed)
        codes = new_backup_codes(self.desk, records, confirmed)
        self.desk.note(records, about_self("totp.confirmed", user_id, caller))
        return Confirmed(signed_in=self.desk.renew_session(records, confirmed, caller, end=None), backup_codes=codes)


def new_backup_codes(desk: Desk, records: AccountRecords, user: User) -> tuple[str, ...]:
    """Ten codes in place of all older ones; only their digests are kept."""
    records.single_use.discard(user.id, Purpose.BACKUP_CODE)
    codes = tuple(new_backup_code(desk.randomness.bytes(BACKUP_CODE_BYTES)) for _ in range(BACKUP_CODES))
    for code in codes:
        token_hash = digest(read_backup_code(code) or "")
        records.single_use.add(
            single_use(Purpose.BACKUP_CODE, id=desk.new_id(), user_id=user.id, token_hash=token_hash, now=desk.now())
        )
    return codes
