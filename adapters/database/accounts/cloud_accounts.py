"""Adapter of the port `CloudAccountStore`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, delete

from adapters.database.accounts.rows import Rows
from adapters.database.tables.accounts import CLOUD_ACCOUNTS
from domain.identity.cloud import CloudAccount, Provider
from domain.ports.cloud_account_store import CloudAccountStore


class SqlCloudAccounts(Rows[CloudAccount], CloudAccountStore):
    """The table `cloud_accounts`."""

    table = CLOUD_ACCOUNTS
    kind = CloudAccount

    def values_of(self, value: CloudAccount) -> dict[str, Any]:
        """Columns of a cloud account."""
        return super().values_of(value) | {"provider": value.provider.value}

    def value_of(self, row: Row[Any]) -> CloudAccount:
        """The cloud account of a row."""
        account = super().value_of(row)
        return replace(account, provider=Provider(account.provider))

    def find(self, user_id: str, account_id: str) -> CloudAccount | None:
        """One of a user's."""
        return self.one(CLOUD_ACCOUNTS.c.id == account_id, CLOUD_ACCOUNTS.c.user_id == user_id, locked=True)

    def of_user(self, user_id: str) -> list[CloudAccount]:
        """A user's, oldest first."""
        mine = CLOUD_ACCOUNTS.c.user_id == user_id
        return self.many(mine, order=CLOUD_ACCOUNTS.c.created_at, then=CLOUD_ACCOUNTS.c.id)

    def remove(self, user_id: str, account_id: str | None = None) -> int:
        """Forget one, or all of a user's."""
        conditions = [CLOUD_ACCOUNTS.c.user_id == user_id]
        if account_id is not None:
            conditions.append(CLOUD_ACCOUNTS.c.id == account_id)
        return self._connection.execute(delete(CLOUD_ACCOUNTS).where(*conditions)).rowcount

    def after(self, account_id: str, limit: int) -> list[CloudAccount]:
        """Anybody's, by id."""
        return self.many(CLOUD_ACCOUNTS.c.id > account_id, order=CLOUD_ACCOUNTS.c.id, limit=limit)
