"""Three people and every use case about accounts, over memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from application.accounts.accounts import Accounts
from domain.identity.audit import AuditEvent, Caller
from domain.identity.scopes import Role
from domain.identity.single_use import Purpose
from domain.identity.users import User
from tests.fakes.account_database import FakeRecords
from tests.fakes.people import HERE, a_cloud_account, a_key, a_session, a_share, a_user, named
from tests.fakes.world import World
from tests.http.people import KEYS, code_of, seed_of

ADA, BOB, ROOT = named("ada"), named("bob"), named("root")
CLI = Caller(address="cli")


@dataclass
class Office:
    """Ada and Bob, users, and Root, an administrator.

    Attributes:
        world: What they live in.
        accounts: What they may do.
    """

    world: World = field(default_factory=lambda: World(settings={"registration": "open", "encryption_keys": KEYS}))
    accounts: Accounts = field(init=False)
    _read: int = 0

    def __post_init__(self) -> None:
        with self.world.accounts.transaction() as records:
            for user in (a_user("ada"), a_user("bob"), a_user("root", role=Role.ADMIN)):
                records.users.add(user)
        self.accounts = self.world.container().accounts()

    @property
    def records(self) -> FakeRecords:
        """What is kept."""
        return self.world.accounts.records

    def user(self, user_id: str = ADA) -> User:
        """An account as it is now."""
        return self.records.users.rows[user_id]

    def change(self, user: User) -> None:
        """Make an account what a test needs."""
        with self.world.accounts.transaction() as records:
            records.users.rows[user.id] = user

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.world.clock.moment += timedelta(**span)

    def told(self) -> list[AuditEvent]:
        """What came to the audit trail since this was asked last."""
        rows = self.records.audit.rows
        events = [rows[number].event for number in sorted(rows) if number > self._read]
        self._read = max(rows, default=0)
        return events

    def code(self, seed: str, *, steps: int = 0) -> str:
        """What Ada's authenticator shows."""
        return code_of(seed, self.world.clock.moment + timedelta(seconds=30 * steps))

    def second_factor(self) -> tuple[str, list[str]]:
        """Switch Ada's on; its seed, and the backup codes."""
        seed = seed_of(self.accounts.enrol_totp(ADA, HERE).uri)
        codes = list(self.accounts.confirm_totp(ADA, self.code(seed), HERE).backup_codes)
        self.later(seconds=30)
        return seed, codes

    def furnish(self) -> None:
        """Give Ada and Bob sessions, keys, tokens and all else they may have."""
        now, records = self.world.clock.moment, self.records
        for user in ("ada", "bob"):
            records.sessions.add(a_session(f"{user}-1", user, created_at=now, seen_at=now))
            records.sessions.add(a_session(f"{user}-2", user, created_at=now, seen_at=now))
            records.api_keys.add(a_key(f"{user}-key", user))
            records.cloud_accounts.add(a_cloud_account(f"{user}-cloud", user))
            self.accounts.request_reset(user, HERE)
        records.shares.add(a_share("by-ada", subject="mine"))
        records.shares.add(a_share("with-ada", subject="theirs", shared_by=BOB, user_id=ADA))
        records.shares.add(a_share("between-others", subject="other", shared_by=BOB, user_id=ROOT))

    def mails(self) -> list[tuple[str, str, str]]:
        """Receiver, subject and first words of everything sent since this was asked last."""
        sent = [(mail.to, mail.subject, mail.text.split(" of your account")[0]) for mail in self.world.mail.sent]
        self.world.mail.sent.clear()
        return sent

    def sessions(self, user_id: str = ADA) -> set[str]:
        """Ids of an account's sessions."""
        return {session.id for session in self.records.sessions.of_user(user_id)}

    def tokens(self, user_id: str = ADA) -> list[Purpose]:
        """What an account's unused tokens are good for."""
        rows = self.records.single_use.rows.values()
        return sorted(token.purpose for token in rows if token.user_id == user_id and token.used_at is None)

    def counted(self) -> dict[str, int]:
        """Kind of limit → attempts."""
        return {kind: attempts.count for (kind, _), attempts in self.records.attempts.rows.items()}


def changed_mail(what: str) -> list[tuple[str, str, str]]:
    """The one mail that tells Ada of a change."""
    return [("ada@example.org", "Your account was changed", what)]
