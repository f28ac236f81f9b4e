"""Seal every stored secret anew with the first of the encryption keys, so that older keys can be taken away."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from application.accounts.desk import Desk
from domain.identity.audit import AuditEvent, Caller
from domain.identity.cloud import CloudAccount, sealing_context
from domain.ports.secret_box import SecretBox

_BATCH = 100
_CLOUD_COLUMNS = ("access_key", "secret_key", "extra")


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateSecrets:
    """In batches, each a transaction; stopped half-way it is simply begun again."""

    desk: Desk
    box: SecretBox

    def __call__(self, caller: Caller) -> int:
        """Seal anew what another key sealed; returns how many secrets.

        Raises:
            EncryptionUnavailable: A key is missing, or a secret was altered; what came before is done.
        """
        count = self._seeds() + self._cloud_accounts()
        with self.desk.database.transaction() as records:
            self.desk.note(records, AuditEvent(action="secrets.rotated", caller=caller, detail={"secrets": str(count)}))
        return count

    def key_ids_in_use(self) -> set[str]:
        """The ids of all keys that sealed something that is still there."""
        sealed: set[str] = set()
        after = ""
        with self.desk.database.reading() as records:
            while users := records.users.with_seed(after, _BATCH):
                sealed |= {self.box.key_id(user.totp_seed) for user in users if user.totp_seed}
                after = users[-1].id
            after = ""
            while accounts := records.cloud_accounts.after(after, _BATCH):
                texts = [getattr(account, column) for account in accounts for column in _CLOUD_COLUMNS]
                sealed |= {self.box.key_id(text) for text in texts if text}
                after = accounts[-1].id
        return sealed

    def _seeds(self) -> int:
        count, after = 0, ""
        while True:
            with self.desk.database.transaction() as records:
                users = records.users.with_seed(after, _BATCH)
                for user in users:
                    renewed = self._renewed(user.totp_seed, "users", user.id, user.id, "totp_seed")
                    if renewed != user.totp_seed:
                        records.users.save(replace(user, totp_seed=renewed))
                        count += 1
            if not users:
                return count
            after = users[-1].id

    def _cloud_accounts(self) -> int:
        count, after = 0, ""
        while True:
            with self.desk.database.transaction() as records:
                accounts = records.cloud_accounts.after(after, _BATCH)
                for account in accounts:
                    changes = self._changes(account)
                    if changes:
                        records.cloud_accounts.save(replace(account, **changes))
                        count += len(changes)
            if not accounts:
                return count
            after = accounts[-1].id

    def _changes(self, account: CloudAccount) -> dict[str, Any]:
        renewed = {
            column: self._renewed(getattr(account, column), "cloud_accounts", account.user_id, account.id, column)
            for column in _CLOUD_COLUMNS
        }
        return {column: text for column, text in renewed.items() if text and text != getattr(account, column)}

    def _renewed(self, sealed: str | None, table: str, user_id: str, row_id: str, column: str) -> str | None:
        if not sealed or self.box.key_id(sealed) == self.box.current_key_id:
            return sealed
        context = sealing_context(table, user_id, row_id, column)
        return self.box.seal(self.box.open(sealed, context), context)
