"""Adapter of the port `UserStore`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, or_, update
from sqlalchemy.exc import IntegrityError

from adapters.database.accounts.rows import Rows
from adapters.database.tables.accounts import USERS
from domain.identity.errors import AlreadyExists
from domain.identity.scopes import Role
from domain.identity.users import User
from domain.ports.user_store import UserStore

_TAKEN = "the name or address is taken"


class SqlUsers(Rows[User], UserStore):
    """The table `users`."""

    table = USERS
    kind = User

    def values_of(self, value: User) -> dict[str, Any]:
        """Columns of a user."""
        return super().values_of(value) | {"is_verified": value.is_verified}

    def value_of(self, row: Row[Any]) -> User:
        """The user of a row."""
        user = super().value_of(row)
        return replace(user, role=Role(user.role))

    def add(self, user: User) -> None:
        """Store a new account."""
        try:
            super().add(user)
        except IntegrityError as error:
            raise AlreadyExists(_TAKEN) from error

    def find(self, user_id: str) -> User | None:
        """The account of this id, locked."""
        return self.one(USERS.c.id == user_id, locked=True)

    def find_by_login(self, login: str) -> User | None:
        """The account of this name or address."""
        return self.one(or_(USERS.c.username == login, USERS.c.email == login), USERS.c.deleted_at.is_(None))

    def save(self, user: User) -> None:
        """Write every field but the step used last, which goes with the seed only."""
        columns = self.values_of(user)
        del columns["id"]
        if user.totp_seed is not None:
            del columns["totp_last_step"]
        else:
            columns["totp_last_step"] = None
        try:
            self._connection.execute(update(USERS).where(USERS.c.id == user.id).values(**columns))
        except IntegrityError as error:
            raise AlreadyExists(_TAKEN) from error

    def use_totp_step(self, user_id: str, step: int) -> bool:
        """Mark a time step as used, unless it or a later one was."""
        later = or_(USERS.c.totp_last_step.is_(None), USERS.c.totp_last_step < step)
        done = self._connection.execute(update(USERS).where(USERS.c.id == user_id, later).values(totp_last_step=step))
        return bool(done.rowcount)

    def administrators(self) -> list[User]:
        """Administrators that are not deleted, by id, locked."""
        return self.many(USERS.c.role == Role.ADMIN.value, USERS.c.deleted_at.is_(None), order=USERS.c.id, locked=True)

    def page(self, after: str, limit: int) -> list[User]:
        """Accounts that are not deleted, by name."""
        return self.many(USERS.c.deleted_at.is_(None), USERS.c.username > after, order=USERS.c.username, limit=limit)

    def with_seed(self, after: str, limit: int) -> list[User]:
        """Accounts with a seed, by id."""
        return self.many(USERS.c.totp_seed.is_not(None), USERS.c.id > after, order=USERS.c.id, limit=limit)

    def never_verified(self, created_before: datetime, limit: int) -> list[User]:
        """Accounts that wait for a proof since before a moment, by id."""
        waits = (USERS.c.email_verified_at.is_(None), USERS.c.deleted_at.is_(None), USERS.c.created_at < created_before)
        return self.many(*waits, order=USERS.c.id, limit=limit)
