"""Change what the owner says of themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace

from application.accounts.desk import Desk, about_self
from domain.identity.audit import Caller
from domain.identity.errors import NotAuthenticated
from domain.identity.users import User, read_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProfile:
    """Full name and organisation."""

    desk: Desk

    def __call__(self, user_id: str, full_name: str | None, organisation: str | None, caller: Caller) -> User:
        """Write what is given, leave what is None.

        Raises:
            InvalidRequest: A field is refused.
        """
        given = {"full_name": full_name, "organisation": organisation}
        changes = {name: read_text(text, f"/{name}") for name, text in given.items() if text is not None}
        with self.desk.database.transaction() as records:
            user = records.users.find(user_id)
            if user is None or not user.is_open:
                raise NotAuthenticated("the account is gone")
            changed = replace(
                user, updated_at=self.desk.now(), full_name=changes.get("full_name", user.full_name),
                organisation=changes.get("organisation", user.organisation),
            )  # fmt: skip
            records.users.save(changed)
            event = about_self("account.changed", user_id, caller, fields=",".join(sorted(changes)))
            self.desk.note(records, event)
        return changed
