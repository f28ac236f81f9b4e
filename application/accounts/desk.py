"""What every use case about accounts works with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.identity.audit import AuditEvent, Caller
from domain.identity.sessions import Session
from domain.identity.single_use import Purpose, single_use
from domain.identity.tokens import TOKEN_BYTES, digest, new_token
from domain.identity.users import User
from domain.ports.account_database import AccountDatabase, AccountRecords
from domain.ports.clock import Clock
from domain.ports.randomness import Randomness

_ID_BYTES = 16
_MAX_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session just opened; its token is told to the browser and kept nowhere."""

    user: User
    session: Session
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Records, time and chance."""

    database: AccountDatabase
    clock: Clock
    randomness: Randomness

    def new_id(self) -> str:
        """An id nobody can guess."""
        return self.randomness.bytes(_ID_BYTES).hex()

    def new_token(self) -> str:
        """256 random bits as text."""
        return new_token(self.randomness.bytes(TOKEN_BYTES))

    def open_session(
        self, records: AccountRecords, user: User, caller: Caller, *, is_pending: bool = False
    ) -> SignedIn:
        """A session of its own under an id the client never chose."""
        now, token = self.clock.now(), self.new_token()
        session = Session(
            id=self.new_id(), token_hash=digest(token), user_id=user.id, is_pending=is_pending, created_at=now,
            seen_at=now, confirmed_at=now, address=caller.address, agent=caller.agent[:_MAX_AGENT_LENGTH],
        )  # fmt: skip
        records.sessions.add(session)
        return SignedIn(user=user, session=session, token=token)

    def renew_session(self, records: AccountRecords, user: User, caller: Caller, *, end: str | None) -> SignedIn:
        """A new session in place of one, or of all of the account's.

        Args:
            records: The running transaction.
            user: Whose.
            caller: From where.
            end: The session replaced; None ends every one.
        """
        records.sessions.remove(user.id, session_id=end)
        return self.open_session(records, user, caller)

    def mailed_token(self, records: AccountRecords, user: User, purpose: Purpose) -> str:
        """A token to be mailed; older ones for the same purpose count no longer."""
        token = self.new_token()
        records.single_use.discard(user.id, purpose)
        records.single_use.add(
            single_use(purpose, id=self.new_id(), user_id=user.id, token_hash=digest(token), now=self.clock.now())
        )
        return token

    def note(self, records: AccountRecords, event: AuditEvent) -> None:
        """Write to the audit trail, in the transaction of the change."""
        records.audit.append(event, self.clock.now())

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()


def about_self(
    action: str,
    user_id: str,
    caller: Caller,
    *,
    outcome: str = "ok",
    target: str = "",
    by_operator: bool = False,
    **detail: str,
) -> AuditEvent:
    """Something an account holder did to the own account, or the operator in their place."""
    return AuditEvent(
        action=action, caller=caller, outcome=outcome, actor_id=None if by_operator else user_id, user_id=user_id,
        target=target, detail=detail,
    )  # fmt: skip
