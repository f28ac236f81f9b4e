"""What account holders and administrators may look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from application.accounts.desk import Desk
from domain.errors import NotFound
from domain.identity.audit import AuditEntry
from domain.identity.cloud import CloudAccount
from domain.identity.errors import NotAuthenticated
from domain.identity.keys import ApiKey
from domain.identity.sessions import Session, SessionLimits
from domain.identity.sharing import Share
from domain.identity.single_use import Purpose
from domain.identity.users import User, read_login
from domain.ports.audit_log import AuditFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Reads; each in a transaction of its own."""

    desk: Desk
    limits: SessionLimits

    def account(self, user_id: str) -> tuple[User, int]:
        """An account, and how many backup codes are left.

        Raises:
            NotAuthenticated: It is gone.
        """
        with self.desk.database.reading() as records:
            user = records.users.find(user_id)
            left = records.single_use.unused(user_id, Purpose.BACKUP_CODE)
        if user is None or not user.is_open:
            raise NotAuthenticated("the account is gone")
        return user, left

    def named(self, login: str) -> User:
        """The account of a name or address.

        Raises:
            NotFound: There is none.
        """
        with self.desk.database.reading() as records:
            user = records.users.find_by_login(read_login(login))
        if user is None:
            raise NotFound("there is no such account")
        return user

    def accounts(self, after: str, limit: int) -> list[User]:
        """Accounts by name, those after the name given."""
        with self.desk.database.reading() as records:
            return records.users.page(after, limit)

    def sessions(self, user_id: str) -> list[Session]:
        """An account's sessions that still count, newest first; none that waits for its second factor."""
        now = self.desk.now()
        with self.desk.database.reading() as records:
            found = records.sessions.of_user(user_id)
        return [session for session in found if not session.is_pending and session.is_live(now, self.limits)]

    def api_keys(self, user_id: str) -> list[ApiKey]:
        """An account's keys, newest first, those that no longer count included."""
        with self.desk.database.reading() as records:
            return records.api_keys.of_user(user_id)

    def shares(self, user_id: str) -> list[tuple[Share, str, str | None]]:
        """What an account shared and what was shared with it by name, oldest first, with the names of both."""
        with self.desk.database.reading() as records:
            found = records.shares.of_user(user_id)
            ids = {share.shared_by for share in found} | {share.user_id for share in found if share.user_id}
            names = {known: user.username for known in ids if (user := records.users.find(known)) is not None}
        return [
            (share, names.get(share.shared_by, ""), names.get(share.user_id) if share.user_id else None)
            for share in found
        ]

    def cloud_accounts(self, user_id: str) -> list[CloudAccount]:
        """An account's cloud accounts, oldest first."""
        with self.desk.database.reading() as records:
            return records.cloud_accounts.of_user(user_id)

    def cloud_account(self, user_id: str, account_id: str) -> CloudAccount:
        """One of them.

        Raises:
            NotFound: There is none of that id, or it is somebody else's.
        """
        with self.desk.database.reading() as records:
            account = records.cloud_accounts.find(user_id, account_id)
        if account is None:
            raise NotFound("the account has no such cloud account")
        return account

    def names(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Names by id, of the accounts there are."""
        with self.desk.database.reading() as records:
            found = [records.users.find(user_id) for user_id in set(user_ids)]
        return {user.id: user.username for user in found if user is not None and user.deleted_at is None}

    def audit(self, wanted: AuditFilter, limit: int) -> list[AuditEntry]:
        """Entries of the audit trail, newest first."""
        with self.desk.database.reading() as records:
            return records.audit.page(wanted, limit)
