"""Adapter of the port `SingleUseStore`: a table for each purpose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from adapters.database.tables.accounts import BACKUP_CODES, EMAIL_VERIFICATION_TOKENS, PASSWORD_RESET_TOKENS
from domain.identity.single_use import Purpose, SingleUse
from domain.ports.single_use_store import SingleUseStore

_TABLE_OF: Final[Mapping[Purpose, Table]] = {
    Purpose.RESET_PASSWORD: PASSWORD_RESET_TOKENS,
    Purpose.VERIFY_EMAIL: EMAIL_VERIFICATION_TOKENS,
    Purpose.BACKUP_CODE: BACKUP_CODES,
}
_COLUMNS: Final = ("id", "user_id", "token_hash", "created_at", "expires_at", "used_at")


class SqlSingleUse(SingleUseStore):
    """The tables `password_reset_tokens`, `email_verification_tokens` and `backup_codes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, token: SingleUse) -> None:
        """Store a new token."""
        columns = {name: getattr(token, name) for name in _COLUMNS}
        self._connection.execute(insert(_TABLE_OF[token.purpose]).values(**columns))

    def redeem(self, purpose: Purpose, token_hash: str, now: datetime, user_id: str | None = None) -> SingleUse | None:
        """Use a token up: the update that finds it unused wins."""
        table = _TABLE_OF[purpose]
        good = [table.c.token_hash == token_hash, table.c.used_at.is_(None), table.c.expires_at > now]
        if user_id is not None:
            good.append(table.c.user_id == user_id)
        if not self._connection.execute(update(table).where(*good).values(used_at=now)).rowcount:
            return None
        row = self._connection.execute(select(table).where(table.c.token_hash == token_hash)).one()
        return SingleUse(purpose=purpose, **{name: row._mapping[name] for name in _COLUMNS})

    def discard(self, user_id: str, purpose: Purpose | None = None) -> None:
        """Forget an account's tokens."""
        for kind, table in _TABLE_OF.items():
            if purpose in (None, kind):
                self._connection.execute(delete(table).where(table.c.user_id == user_id))

    def unused(self, user_id: str, purpose: Purpose) -> int:
        """How many are left."""
        table = _TABLE_OF[purpose]
        query = select(func.count()).select_from(table).where(table.c.user_id == user_id, table.c.used_at.is_(None))
        return int(self._connection.execute(query).scalar_one())
