"""Make an account an administrator's, or no longer one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from application.accounts.close_account import keep_an_administrator, known_user
from application.accounts.desk import Desk
from domain.identity.audit import AuditEvent, Caller
from domain.identity.scopes import Role
from domain.identity.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRole:
    """Sessions end, as rights change; keys keep those of their scopes that the new role has."""

    desk: Desk

    def __call__(self, user_id: str, role: Role, caller: Caller, *, actor_id: str | None) -> User:
        """Give a role; one that the account has already changes nothing.

        Args:
            user_id: Whose.
            role: The new one.
            caller: From where.
            actor_id: Who does it; None for the command line.

        Raises:
            NotFound: There is no such account.
            LastAdministrator: No other administrator may log in.
        """
        with self.desk.database.transaction() as records:
            user = known_user(records, user_id)
            if user.role is role:
                return user
            keep_an_administrator(records, user)
            changed = replace(user, role=role, updated_at=self.desk.now())
            records.users.save(changed)
            records.sessions.remove(user_id)
            event = AuditEvent(
                action="account.role_changed", actor_id=actor_id, user_id=user_id, target=f"user:{user_id}",
                caller=caller, detail={"role": role.value},
            )  # fmt: skip
            self.desk.note(records, event)
        return changed
