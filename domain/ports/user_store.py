"""Port: accounts of people."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.identity.users import User


class UserStore(Protocol):
    """Accounts by id, name and address, inside one transaction.

    Names and addresses are unique over all rows, deleted ones included; both are kept in lower case by the caller.
    """

    def add(self, user: User) -> None:
        """Store a new account.

        Raises:
            AlreadyExists: The name or address is taken.
        """
        ...

    def find(self, user_id: str) -> User | None:
        """The account of this id, deleted or not, locked against other writers until the transaction ends."""
        ...

    def find_by_login(self, login: str) -> User | None:
        """The account whose name or address this is; never a deleted one."""
        ...

    def save(self, user: User) -> None:
        """Write every field of an account that is there, but for the step used last, which goes with the seed only.

        Raises:
            AlreadyExists: The name or address is taken by another.
        """
        ...

    def use_totp_step(self, user_id: str, step: int) -> bool:
        """Mark a time step as used; False when it or a later one was used before. Of many at once, one wins."""
        ...

    def administrators(self) -> list[User]:
        """Administrators that are not deleted, by id, locked as by ``find``."""
        ...

    def page(self, after: str, limit: int) -> list[User]:
        """Accounts that are not deleted, by name, those after the name given."""
        ...

    def with_seed(self, after: str, limit: int) -> list[User]:
        """Accounts with an authenticator's seed, by id, those after the id given."""
        ...

    def never_verified(self, created_before: datetime, limit: int) -> list[User]:
        """Accounts made before a moment whose address was never proven, by id; none that is deleted."""
        ...
