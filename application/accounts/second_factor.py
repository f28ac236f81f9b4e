"""Checking a code: of the authenticator, or one of the backup codes."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.desk import Desk
from application.accounts.throttle import Counter, forgive, reserve_in
from domain.identity.cloud import sealing_context
from domain.identity.errors import EncryptionUnavailable
from domain.identity.limits import SECOND_FACTOR
from domain.identity.single_use import Purpose
from domain.identity.tokens import digest, read_backup_code
from domain.identity.totp import CodeAt, accepted_step, is_code
from domain.identity.users import User
from domain.ports.account_database import AccountRecords
from domain.ports.secret_box import SecretBox


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """Whether a typed code is good for an account, once."""

    desk: Desk
    box: SecretBox
    code_at: CodeAt

    def wait(self, records: AccountRecords, user: User) -> float:
        """Count an attempt; seconds to wait when there were too many, else 0."""
        return reserve_in(records, self.desk, _counters(user))

    def accepts(self, records: AccountRecords, user: User, typed: str) -> bool:
        """Use a code up; of many at once with the same code, one is accepted."""
        code = typed.strip(" ")
        right = self._totp(records, user, code) if is_code(code) else self._backup(records, user, code)
        if right:
            forgive(records, _counters(user))
        return right

    def _totp(self, records: AccountRecords, user: User, code: str) -> bool:
        step = self.matching_step(user, code)
        return step is not None and records.users.use_totp_step(user.id, step)

    def matching_step(self, user: User, code: str) -> int | None:
        """The unused time step a code belongs to.

        Raises:
            EncryptionUnavailable: The seed cannot be opened.
        """
        if user.totp_seed is None:
            return None
        opened = self.box.open(user.totp_seed, sealing_context("users", user.id, user.id, "totp_seed"))
        try:
            seed = bytes.fromhex(opened)
        except ValueError as error:
            raise EncryptionUnavailable("the authenticator's seed is not in its stored form") from error
        return accepted_step(code, seed=seed, now=self.desk.now(), last_step=user.totp_last_step, code_at=self.code_at)

    def _backup(self, records: AccountRecords, user: User, typed: str) -> bool:
        code = read_backup_code(typed)
        if code is None:
            return False
        redeemed = records.single_use.redeem(Purpose.BACKUP_CODE, digest(code), self.desk.now(), user.id)
        return redeemed is not None


def _counters(user: User) -> list[Counter]:
    return [(limit, user.id) for limit in SECOND_FACTOR]
