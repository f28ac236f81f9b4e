"""Switch the second factor off, or renew its backup codes: a fresh session is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.confirm_totp import new_backup_codes
from application.accounts.desk import Desk, SignedIn, about_self
from application.accounts.letters import changed_letter
from domain.errors import NotFound
from domain.identity.audit import Caller
from domain.identity.single_use import Purpose
from domain.identity.users import User
from domain.ports.account_database import AccountRecords
from domain.ports.mailer import Mailer


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableTotp:
    """Forgets seed and backup codes; every other session ends."""

    desk: Desk
    mailer: Mailer

    def __call__(self, user_id: str, caller: Caller) -> SignedIn:
        """Switch it off.

        Raises:
            NotFound: There is none.
        """
        with self.desk.database.transaction() as records:
            changed = _forgotten(self.desk, records, user_id)
            signed_in = self.desk.renew_session(records, changed, caller, end=None)
            self.desk.note(records, about_self("totp.disabled", user_id, caller))
        self.mailer.send(changed_letter(changed, "The second factor was switched off"))
        return signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSecondFactor:
    """For a holder who lost authenticator and backup codes: the operator switches both off, and every session ends."""

    desk: Desk
    mailer: Mailer

    def __call__(self, user_id: str, caller: Caller) -> None:
        """Switch it off in the holder's place.

        Raises:
            NotFound: There is none.
        """
        with self.desk.database.transaction() as records:
            changed = _forgotten(self.desk, records, user_id)
            records.sessions.remove(user_id)
            self.desk.note(records, about_self("totp.disabled", user_id, caller, by_operator=True))
        self.mailer.send(changed_letter(changed, "The second factor was switched off"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewBackupCodes:
    """Ten new codes; the old ones count no longer."""

    desk: Desk
    mailer: Mailer

    def __call__(self, user_id: str, caller: Caller) -> tuple[str, ...]:
        """Draw them.

        Raises:
            NotFound: There is no second factor.
        """
        with self.desk.database.transaction() as records:
            user = records.users.find(user_id)
            if user is None or not user.has_second_factor:
                raise NotFound("no authenticator is enrolled")
            codes = new_backup_codes(self.desk, records, user)
            self.desk.note(records, about_self("backup_codes.renewed", user_id, caller))
        self.mailer.send(changed_letter(user, "The backup codes were renewed"))
        return codes


def _forgotten(desk: Desk, records: AccountRecords, user_id: str) -> User:
    """The account without seed and backup codes.

    Raises:
        NotFound: There is no authenticator.
    """
    user = records.users.find(user_id)
    if user is None or user.totp_seed is None:
        raise NotFound("no authenticator is enrolled")
    changed = user.without_second_factor(desk.now())
    records.users.save(changed)
    records.single_use.discard(user_id, Purpose.BACKUP_CODE)
    return changed
