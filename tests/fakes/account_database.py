"""Accounts kept in memory, one transaction at a time, undone when one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from threading import RLock

from domain.identity.audit import GENESIS, AuditEntry, AuditEvent, next_entry
from domain.identity.cloud import CloudAccount
from domain.identity.errors import AlreadyExists
from domain.identity.keys import ApiKey
from domain.identity.limits import Attempts
from domain.identity.scopes import Role
from domain.identity.sessions import Session
from domain.identity.sharing import HistoryOwner, Share, Shared
from domain.identity.single_use import Purpose, SingleUse
from domain.identity.users import User
from domain.ports.account_database import AccountDatabase
from domain.ports.api_key_store import ApiKeyStore
from domain.ports.attempt_store import AttemptStore
from domain.ports.audit_log import AuditFilter, AuditLog, ChainEnds
from domain.ports.cloud_account_store import CloudAccountStore
from domain.ports.session_store import SessionStore
from domain.ports.share_store import ShareStore
from domain.ports.single_use_store import SingleUseStore
from domain.ports.user_store import UserStore


@dataclass
class FakeUsers(UserStore):
    rows: dict[str, User] = field(default_factory=dict)

    def add(self, user: User) -> None:
        self._refuse_taken(user)
        self.rows[user.id] = user

    def find(self, user_id: str) -> User | None:
        return self.rows.get(user_id)

    def find_by_login(self, login: str) -> User | None:
        living = [user for user in self.rows.values() if user.deleted_at is None]
        return next((user for user in living if login in (user.username, user.email)), None)

    def save(self, user: User) -> None:
        self._refuse_taken(user)
        self.rows[user.id] = replace(user, totp_last_step=self.rows[user.id].totp_last_step)
        if user.totp_seed is None:
            self.rows[user.id] = replace(self.rows[user.id], totp_last_step=None)

    def use_totp_step(self, user_id: str, step: int) -> bool:
        user = self.rows[user_id]
        if user.totp_last_step is not None and user.totp_last_step >= step:
            return False
        self.rows[user_id] = replace(user, totp_last_step=step)
        return True

    def administrators(self) -> list[User]:
        found = [user for user in self.rows.values() if user.role is Role.ADMIN and user.deleted_at is None]
        return sorted(found, key=lambda user: user.id)

    def page(self, after: str, limit: int) -> list[User]:
        living = [user for user in self.rows.values() if user.deleted_at is None and user.username > after]
        return sorted(living, key=lambda user: user.username)[:limit]

    def with_seed(self, after: str, limit: int) -> list[User]:
        seeded = [user for user in self.rows.values() if user.totp_seed is not None and user.id > after]
        return sorted(seeded, key=lambda user: user.id)[:limit]

    def never_verified(self, created_before: datetime, limit: int) -> list[User]:
        living = [user for user in self.rows.values() if user.deleted_at is None and user.email_verified_at is None]
        return sorted((u for u in living if u.created_at < created_before), key=lambda user: user.id)[:limit]

    def _refuse_taken(self, user: User) -> None:
        for other in self.rows.values():
            if other.id != user.id and (other.username == user.username or other.email == user.email):
                raise AlreadyExists("the name or address is taken")


@dataclass
class FakeSessions(SessionStore):
    rows: dict[str, Session] = field(default_factory=dict)

    def add(self, session: Session) -> None:
        self.rows[session.id] = session

    def find(self, token_hash: str) -> Session | None:
        return next((session for session in self.rows.values() if session.token_hash == token_hash), None)

    def save(self, session: Session) -> None:
        if session.id in self.rows:
            self.rows[session.id] = session

    def of_user(self, user_id: str) -> list[Session]:
        own = [session for session in self.rows.values() if session.user_id == user_id]
        return sorted(own, key=lambda session: session.created_at, reverse=True)

    def remove(self, user_id: str, *, session_id: str | None = None) -> int:
        own = [s.id for s in self.rows.values() if s.user_id == user_id and session_id in (None, s.id)]
        for name in own:
            del self.rows[name]
        return len(own)

    def remove_older(self, created_before: datetime) -> int:
        old = [session.id for session in self.rows.values() if session.created_at < created_before]
        for name in old:
            del self.rows[name]
        return len(old)


@dataclass
class FakeSingleUse(SingleUseStore):
    rows: dict[str, SingleUse] = field(default_factory=dict)

    def add(self, token: SingleUse) -> None:
        self.rows[token.id] = token

    def redeem(self, purpose: Purpose, token_hash: str, now: datetime, user_id: str | None = None) -> SingleUse | None:
        for token in self.rows.values():
            if (token.purpose, token.token_hash) == (purpose, token_hash) and user_id in (None, token.user_id):
                if token.used_at is not None or now >= token.expires_at:
                    return None
                self.rows[token.id] = replace(token, used_at=now)
                return self.rows[token.id]
        return None

    def discard(self, user_id: str, purpose: Purpose | None = None) -> None:
        gone = [t.id for t in self.rows.values() if t.user_id == user_id and purpose in (None, t.purpose)]
        for name in gone:
            del self.rows[name]

    def unused(self, user_id: str, purpose: Purpose) -> int:
        return sum(
            (token.user_id, token.purpose, token.used_at) == (user_id, purpose, None) for token in self.rows.values()
        )


@dataclass
class FakeApiKeys(ApiKeyStore):
    rows: dict[str, ApiKey] = field(default_factory=dict)

    def add(self, key: ApiKey) -> None:
        self.rows[key.id] = key

    def find(self, key_hash: str) -> ApiKey | None:
        return next((key for key in self.rows.values() if key.key_hash == key_hash), None)

    def of_user(self, user_id: str) -> list[ApiKey]:
        own = [key for key in self.rows.values() if key.user_id == user_id]
        return sorted(own, key=lambda key: key.created_at, reverse=True)

    def revoke(self, user_id: str, key_id: str, at: datetime) -> ApiKey | None:
        key = self.rows.get(key_id)
        if key is None or key.user_id != user_id:
            return None
        self.rows[key_id] = key.revoked(at)
        return self.rows[key_id]

    def forget_names(self, user_id: str) -> None:
        self.rows |= {key.id: replace(key, name="") for key in self.of_user(user_id)}

    def used(self, key_id: str, at: datetime) -> None:
        self.rows[key_id] = replace(self.rows[key_id], last_used_at=at)


@dataclass
class FakeCloudAccounts(CloudAccountStore):
    rows: dict[str, CloudAccount] = field(default_factory=dict)

    def add(self, account: CloudAccount) -> None:
        self.rows[account.id] = account

    def find(self, user_id: str, account_id: str) -> CloudAccount | None:
        account = self.rows.get(account_id)
        return account if account is not None and account.user_id == user_id else None

    def of_user(self, user_id: str) -> list[CloudAccount]:
        own = [account for account in self.rows.values() if account.user_id == user_id]
        return sorted(own, key=lambda account: (account.created_at, account.id))

    def save(self, account: CloudAccount) -> None:
        self.rows[account.id] = account

    def remove(self, user_id: str, account_id: str | None = None) -> int:
        gone = [a.id for a in self.rows.values() if a.user_id == user_id and account_id in (None, a.id)]
        for name in gone:
            del self.rows[name]
        return len(gone)

    def after(self, account_id: str, limit: int) -> list[CloudAccount]:
        return [self.rows[name] for name in sorted(self.rows) if name > account_id][:limit]


@dataclass
class FakeShares(ShareStore):
    rows: dict[str, Share] = field(default_factory=dict)
    histories: dict[str, HistoryOwner] = field(default_factory=dict)

    def claim(self, owner: HistoryOwner) -> str:
        return self.histories.setdefault(owner.service_id, owner).owner_id

    def owner_of(self, service_id: str) -> str | None:
        owner = self.histories.get(service_id)
        return owner.owner_id if owner is not None else None

    def owners(self) -> list[HistoryOwner]:
        return [self.histories[name] for name in sorted(self.histories)]

    def disown(self, service_id: str) -> bool:
        self._remove(lambda share: (share.kind, share.subject) == (Shared.HISTORY, service_id))
        return self.histories.pop(service_id, None) is not None

    def add(self, share: Share) -> None:
        if any(_what(other) == _what(share) for other in self.rows.values()):
            raise AlreadyExists("it is shared with them already")
        self.rows[share.id] = share

    def find(self, share_id: str) -> Share | None:
        return self.rows.get(share_id)

    def all(self) -> list[Share]:
        return sorted(self.rows.values(), key=lambda share: (share.created_at, share.id))

    def of_user(self, user_id: str) -> list[Share]:
        return [share for share in self.all() if user_id in (share.shared_by, share.user_id)]

    def remove(self, share_id: str) -> None:
        self.rows.pop(share_id, None)

    def remove_of(self, user_id: str) -> int:
        return self._remove(lambda share: user_id in (share.shared_by, share.user_id))

    def _remove(self, is_meant: Callable[[Share], bool]) -> int:
        gone = [share.id for share in self.rows.values() if is_meant(share)]
        for name in gone:
            del self.rows[name]
        return len(gone)


def _what(share: Share) -> tuple[Shared, str, str | None]:
    return share.kind, share.subject, share.user_id


@dataclass
class FakeAuditLog(AuditLog):
    rows: dict[int, AuditEntry] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=lambda: {"head": GENESIS, "pruned": GENESIS, "number": "0"})

    def append(self, event: AuditEvent, at: datetime) -> AuditEntry:
        number = int(self.ends["number"]) + 1
        entry = next_entry(event, number=number, at=at, previous_hash=self.ends["head"])
        self.rows[number] = entry
        self.ends |= {"head": entry.entry_hash, "number": str(number)}
        return entry

    def page(self, wanted: AuditFilter, limit: int) -> list[AuditEntry]:
        matching = [entry for entry in self.rows.values() if _matches(entry, wanted)]
        return sorted(matching, key=lambda entry: entry.number, reverse=True)[:limit]

    def chain(self) -> tuple[Iterator[AuditEntry], ChainEnds]:
        ordered = [self.rows[number] for number in sorted(self.rows)]
        return iter(ordered), ChainEnds(head=self.ends["head"], pruned=self.ends["pruned"])

    def prune(self, before: datetime) -> int:
        removed = 0
        for number in sorted(self.rows):
            if self.rows[number].at >= before:
                break
            self.ends["pruned"] = self.rows.pop(number).entry_hash
            removed += 1
        return removed


def _matches(entry: AuditEntry, wanted: AuditFilter) -> bool:
    event = entry.event
    return (
        (wanted.user_id is None or wanted.user_id in (event.user_id, event.actor_id))
        and event.action.startswith(wanted.action)
        and wanted.outcome in ("", event.outcome)
        and (wanted.since is None or entry.at >= wanted.since)
        and (wanted.until is None or entry.at < wanted.until)
        and (wanted.before_number is None or entry.number < wanted.before_number)
    )


@dataclass
class FakeAttempts(AttemptStore):
    rows: dict[tuple[str, str], Attempts] = field(default_factory=dict)
    requests: dict[tuple[str, int], int] = field(default_factory=dict)

    def find(self, kind: str, subject: str) -> Attempts | None:
        return self.rows.get((kind, subject))

    def save(self, kind: str, subject: str, attempts: Attempts) -> None:
        self.rows[kind, subject] = attempts

    def remove(self, kind: str, subject: str) -> None:
        self.rows.pop((kind, subject), None)

    def add_requests(self, counts: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
        for key, count in counts.items():
            self.requests[key] = self.requests.get(key, 0) + count
        return {key: self.requests[key] for key in counts}

    def forget_older(self, before: datetime) -> None:
        self.rows = {key: row for key, row in self.rows.items() if row.last_at is None or row.last_at >= before}
        oldest = int(before.timestamp())
        self.requests = {key: count for key, count in self.requests.items() if key[1] >= oldest}


@dataclass
class FakeRecords:
    users: FakeUsers = field(default_factory=FakeUsers)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    single_use: FakeSingleUse = field(default_factory=FakeSingleUse)
    api_keys: FakeApiKeys = field(default_factory=FakeApiKeys)
    cloud_accounts: FakeCloudAccounts = field(default_factory=FakeCloudAccounts)
    shares: FakeShares = field(default_factory=FakeShares)
    audit: FakeAuditLog = field(default_factory=FakeAuditLog)
    attempts: FakeAttempts = field(default_factory=FakeAttempts)


class InMemoryAccountDatabase(AccountDatabase):
    """Everything about accounts in dictionaries.

    Attributes:
        records: What is kept.
        problem: Raised by the next transactions, as a database that is down would.
        transactions: How many were begun.
    """

    def __init__(self) -> None:
        self.records = FakeRecords()
        self.problem: Exception | None = None
        self.transactions = 0
        self._lock = RLock()

    @contextmanager
    def transaction(self) -> Iterator[FakeRecords]:
        """One transaction; others wait."""
        with self._lock:
            self.transactions += 1
            if self.problem is not None:
                raise self.problem
            kept = _copy(self.records)
            try:
                yield self.records
            except BaseException:
                self.records = kept
                raise

    def reading(self) -> AbstractContextManager[FakeRecords]:
        """The same; what it writes is a mistake that the contract suite sees on a real database."""
        return self.transaction()


def _copy(records: FakeRecords) -> FakeRecords:
    """Values are frozen, so copies of the dictionaries are enough."""
    copied = FakeRecords()
    for store in fields(FakeRecords):
        source, target = getattr(records, store.name), getattr(copied, store.name)
        for column in fields(source):
            setattr(target, column.name, dict(getattr(source, column.name)))
    return copied
