"""Adapter of the port `ApiKeyStore`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, update

from adapters.database.accounts.rows import Rows
from adapters.database.tables.accounts import API_KEYS
from domain.identity.keys import ApiKey
from domain.identity.scopes import Scope
from domain.ports.api_key_store import ApiKeyStore


class SqlApiKeys(Rows[ApiKey], ApiKeyStore):
    """The table `api_keys`."""

    table = API_KEYS
    kind = ApiKey

    def values_of(self, value: ApiKey) -> dict[str, Any]:
        """Columns of a key."""
        return super().values_of(value) | {"scopes": " ".join(sorted(value.scopes))}

    def value_of(self, row: Row[Any]) -> ApiKey:
        """The key of a row; a scope this version does not know grants nothing."""
        known = {scope.value for scope in Scope}
        scopes = frozenset(Scope(name) for name in row._mapping["scopes"].split() if name in known)
        return replace(super().value_of(row), scopes=scopes)

    def find(self, key_hash: str) -> ApiKey | None:
        """The key of this digest."""
        return self.one(API_KEYS.c.key_hash == key_hash)

    def of_user(self, user_id: str) -> list[ApiKey]:
        """An account's keys, newest first."""
        return self.many(API_KEYS.c.user_id == user_id, order=API_KEYS.c.created_at.desc(), then=API_KEYS.c.id)

    def revoke(self, user_id: str, key_id: str, at: datetime) -> ApiKey | None:
        """Take a key back."""
        key = self.one(API_KEYS.c.id == key_id, API_KEYS.c.user_id == user_id, locked=True)
        if key is None:
            return None
        revoked = key.revoked(at)
        self._connection.execute(update(API_KEYS).where(API_KEYS.c.id == key_id).values(revoked_at=revoked.revoked_at))
        return revoked

    def forget_names(self, user_id: str) -> None:
        """Remove what an account's keys were called."""
        self._connection.execute(update(API_KEYS).where(API_KEYS.c.user_id == user_id).values(name=""))

    def used(self, key_id: str, at: datetime) -> None:
        """Note the last use."""
        self._connection.execute(update(API_KEYS).where(API_KEYS.c.id == key_id).values(last_used_at=at))
