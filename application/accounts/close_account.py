"""Deactivate or delete an account, or open a deactivated one again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from application.accounts.desk import Desk
from application.accounts.letters import changed_letter
from domain.errors import NotFound
from domain.identity.audit import AuditEvent, Caller
from domain.identity.errors import LastAdministrator
from domain.identity.scopes import Role
from domain.identity.users import User
from domain.ports.account_database import AccountRecords
from domain.ports.mailer import Mailer


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAccount:
    """Sessions end and keys are taken back; deletion removes personal data and credentials as well."""

    desk: Desk
    mailer: Mailer

    def __call__(self, user_id: str, caller: Caller, *, actor_id: str | None, erase: bool) -> None:
        """Close an account.

        Args:
            user_id: Whose.
            caller: From where.
            actor_id: Who does it: the owner, an admin, or None for the command line.
            erase: Delete instead of deactivate.

        Raises:
            NotFound: There is no such account.
            LastAdministrator: No other administrator may log in.
        """
        with self.desk.database.transaction() as records:
            user = known_user(records, user_id)
            keep_an_administrator(records, user)
            now = self.desk.now()
            closed = user.erased(now) if erase else replace(user, is_active=False, updated_at=now)
            records.users.save(closed)
            records.sessions.remove(user_id)
            records.single_use.discard(user_id)
            for key in records.api_keys.of_user(user_id):
                records.api_keys.revoke(user_id, key.id, now)
            if erase:
                records.api_keys.forget_names(user_id)
                records.cloud_accounts.remove(user_id)
                records.shares.remove_of(user_id)
            action = "account.deleted" if erase else "account.deactivated"
            event = AuditEvent(
                action=action, actor_id=actor_id, user_id=user_id, target=f"user:{user_id}", caller=caller
            )
            self.desk.note(records, event)
        self.mailer.send(changed_letter(user, "Deletion" if erase else "Deactivation"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenAccount:
    """A deactivated or locked account counts again; keys and sessions of before do not."""

    desk: Desk

    def __call__(self, user_id: str, caller: Caller, *, actor_id: str | None) -> None:
        """Open it.

        Raises:
            NotFound: There is no such account, or it was deleted.
        """
        with self.desk.database.transaction() as records:
            user = known_user(records, user_id)
            opened = replace(user, is_active=True, locked_at=None, failed_logins=0, updated_at=self.desk.now())
            records.users.save(opened)
            event = AuditEvent(
                action="account.reopened", actor_id=actor_id, user_id=user_id, target=f"user:{user_id}", caller=caller
            )
            self.desk.note(records, event)


def keep_an_administrator(records: AccountRecords, leaving: User) -> None:
    """Two who leave at once must not count on each other: the store has the second wait or fail.

    Raises:
        LastAdministrator: No administrator who may log in would be left.
    """
    if leaving.role is not Role.ADMIN or not leaving.is_open:
        return
    if not any(other.may_log_in for other in records.users.administrators() if other.id != leaving.id):
        raise LastAdministrator(
            f"{leaving.username} is the last administrator who may log in: make or open another one first"
        )


def known_user(records: AccountRecords, user_id: str) -> User:
    """The account of an id.

    Raises:
        NotFound: There is none, or it was deleted.
    """
    user = records.users.find(user_id)
    if user is None or user.deleted_at is not None:
        raise NotFound("there is no such account")
    return user
