"""Share a plan or a service's history, and end that again."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.desk import Desk
from application.accounts.grants import KnownGrants
from application.accounts.throttle import reserve
from domain.errors import Conflict, NotFound
from domain.identity.audit import AuditEvent, Caller
from domain.identity.errors import ServiceNotFound
from domain.identity.limits import SHARE_ACCOUNT
from domain.identity.sharing import MAX_SHARES_PER_USER, Share, Shared
from domain.identity.users import read_login
from domain.ports.account_database import AccountRecords

EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareIt:
    """Lets others see something of one's own; they can neither change nor share it."""

    desk: Desk
    grants: KnownGrants

    def __call__(
        self,
        user_id: str,
        kind: Shared,
        subject: str,
        username: str | None,
        caller: Caller,
        *,
        is_admin: bool,
        by_operator: bool = False,
    ) -> Share:
        """Share something.

        Args:
            user_id: Who shares.
            kind: What it is.
            subject: Plan id or service; that a plan is the sharer's to share is the caller's to see to.
            username: With whom; None for everybody with an account.
            caller: From where.
            is_admin: Whether others' histories may be shared as well.
            by_operator: Whether the command line does it in the account's place.

        Raises:
            ServiceNotFound: The history is not theirs to share.
            NotFound: There is no account of that name.
            AlreadyExists: It is shared with them already.
            Conflict: The account shares too much already.
            TooManyRequests: Names were tried too often.
        """
        if username is not None:
            # Who is signed in may learn which names there are; not thousands of them.
            reserve(self.desk, [(SHARE_ACCOUNT, user_id)])
        with self.desk.database.transaction() as records:
            if kind is Shared.HISTORY:
                owner_id = records.shares.owner_of(subject)
                if owner_id is None or (owner_id != user_id and not is_admin):
                    raise ServiceNotFound(subject)
            own = [share for share in records.shares.of_user(user_id) if share.shared_by == user_id]
            if len(own) >= MAX_SHARES_PER_USER:
                raise Conflict(f"an account shares at most {MAX_SHARES_PER_USER} things: end a share first")
            share = Share(
                id=self.desk.new_id(), kind=kind, subject=subject, shared_by=user_id,
                user_id=_account_named(records, username), created_at=self.desk.now(),
            )  # fmt: skip
            records.shares.add(share)
            self.desk.note(records, _event("share.made", share, None if by_operator else user_id, username, caller))
        self.grants.forget()
        return share


@dataclass(frozen=True, slots=True, kw_only=True)
class EndShare:
    """They see it no longer; every process notices within five seconds."""

    desk: Desk
    grants: KnownGrants

    def __call__(
        self, user_id: str, share_id: str, caller: Caller, *, is_admin: bool, by_operator: bool = False
    ) -> None:
        """End a share; ``by_operator`` when the command line does it in the account's place.

        Raises:
            NotFound: There is none of that id that the account made.
        """
        with self.desk.database.transaction() as records:
            share = records.shares.find(share_id)
            if share is None or (share.shared_by != user_id and not is_admin):
                raise NotFound("there is no such share of yours")
            records.shares.remove(share_id)
            known = records.users.find(share.user_id) if share.user_id is not None else None
            actor_id, username = None if by_operator else user_id, known.username if known else None
            self.desk.note(records, _event("share.ended", share, actor_id, username, caller))
        self.grants.forget()


@dataclass(frozen=True, slots=True, kw_only=True)
class DisownHistory:
    """A history becomes the operator's: everybody's to plan from, administrators' to write."""

    desk: Desk
    grants: KnownGrants

    def __call__(self, service_id: str, caller: Caller, *, actor_id: str | None) -> None:
        """Give it back.

        Raises:
            NotFound: It is nobody's.
        """
        with self.desk.database.transaction() as records:
            owner_id = records.shares.owner_of(service_id)
            if owner_id is None:
                raise NotFound(f"the history of {service_id!r} is nobody's")
            records.shares.disown(service_id)
            event = AuditEvent(
                action="history.disowned", actor_id=actor_id, user_id=owner_id, target=f"history:{service_id}",
                caller=caller,
            )  # fmt: skip
            self.desk.note(records, event)
        self.grants.forget()


def _account_named(records: AccountRecords, username: str | None) -> str | None:
    """The account of a name, never of an address: whether an address has an account is nobody's to learn."""
    if username is None:
        return None
    user = records.users.find_by_login(read_login(username)) if "@" not in username else None
    if user is None or not user.is_open:
        raise NotFound("there is no account of that name")
    return user.id


def _event(action: str, share: Share, actor_id: str | None, username: str | None, caller: Caller) -> AuditEvent:
    return AuditEvent(
        action=action, actor_id=actor_id, user_id=share.user_id or share.shared_by,
        target=f"{share.kind}:{share.subject}", caller=caller,
        detail={"share": share.id, "with": username or EVERYBODY},
    )  # fmt: skip
