"""Three people and every use case about accounts, over memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from application.accounts.accounts import Accounts
from domain.identity.audit import AuditEvent, Caller
from domain.identity.scopes import Role
from domain.identity.users import User
from tests.fakes.account_database import FakeRecords
from tests.fakes.people import HERE, a_user, named
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
