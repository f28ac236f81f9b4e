"""Who makes a request: from a session's cookie or a program's key to a principal."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from application.accounts.desk import Desk
from application.accounts.outage import Outage
from domain.errors import Unavailable
from domain.identity.errors import NotAuthenticated
from domain.identity.keys import ApiKey
from domain.identity.principal import Principal, Via
from domain.identity.scopes import scopes_of
from domain.identity.sessions import Session, SessionLimits
from domain.identity.tokens import digest, is_api_key, is_token
from domain.identity.users import User
from domain.ports.account_database import AccountRecords

# A key that was taken back may still open something for so long in each process.
REMEMBERED = timedelta(seconds=5)
# While the database does not answer, a key found good so recently still opens what it did: nobody could take it back
# there meanwhile, and planning goes on.
TRUSTED_WITHOUT_DATABASE = timedelta(minutes=5)
_NOTE_USE_EVERY = timedelta(minutes=1)
_MAX_REMEMBERED = 4096
_REFUSED = "the credentials are wrong, expired or were taken back"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateSession:
    """A session's cookie; looked up at every request, so that a log-out counts at once."""

    desk: Desk
    limits: SessionLimits

    def __call__(self, token: str) -> tuple[Principal, Session]:
        """Who the session belongs to; its activity is noted once a minute.

        Raises:
            NotAuthenticated: There is no such living session, it waits for its second factor, or the account is closed.
        """
        if not is_token(token):
            raise NotAuthenticated(_REFUSED)
        now = self.desk.now()
        with self.desk.database.reading() as records:
            session = records.sessions.find(digest(token))
            user = self._owner(records, session, now)
        if session is None or user is None:
            raise NotAuthenticated(_REFUSED)
        if session.is_stale_record(now):
            with self.desk.database.transaction() as records:
                records.sessions.save(replace(session, seen_at=now))
        principal = Principal(
            user_id=user.id, role=user.role, scopes=scopes_of(user.role), via=Via.SESSION, credential_id=session.id,
            is_fresh=session.is_fresh(now),
        )  # fmt: skip
        return principal, session

    def _owner(self, records: AccountRecords, session: Session | None, now: datetime) -> User | None:
        if session is None or session.is_pending or not session.is_live(now, self.limits):
            return None
        user = records.users.find(session.user_id)
        return user if user is not None and user.is_open else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    principal: Principal
    key: ApiKey
    found_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticateKey:
    """A program's key; remembered for five seconds, so that a hot one costs no database."""

    desk: Desk
    _known: OrderedDict[str, _Remembered] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)
    _outage: Outage = field(default_factory=Outage)

    def remembered(self, text: str) -> Principal | None:
        """The owner of a key seen within the last seconds, without a database; None when it must be looked up."""
        now = self.desk.now()
        with self._lock:
            entry = self._known.get(digest(text))
        if entry is None or not entry.key.is_live(now):
            return None
        # A clock set back must not stretch the memory.
        return entry.principal if timedelta(0) < entry.until - now <= REMEMBERED else None

    def __call__(self, text: str) -> Principal:
        """Who a key belongs to.

        Raises:
            NotAuthenticated: It is no key, not known, expired or taken back, or the account is closed.
            Unavailable: The database does not answer, and the key was not found good within the last minutes.
        """
        if not is_api_key(text):
            raise NotAuthenticated(_REFUSED)
        known = self.remembered(text)
        if known is not None:
            return known
        key_hash, now = digest(text), self.desk.now()
        try:
            entry = self._outage.ask(lambda: self._found(key_hash, now), self.desk.now)
        except Unavailable:
            entry = self._still_trusted(key_hash, now)
            if entry is None:
                raise
        if entry is None:
            self._forget(key_hash)
            raise NotAuthenticated(_REFUSED)
        self._remember(key_hash, entry)
        return entry.principal

    def _found(self, key_hash: str, now: datetime) -> _Remembered | None:
        with self.desk.database.reading() as records:
            key = records.api_keys.find(key_hash)
            user = records.users.find(key.user_id) if key is not None and key.is_live(now) else None
        if key is None or user is None or not user.is_open:
            return None
        if _is_worth_noting(key, now):
            with self.desk.database.transaction() as records:
                records.api_keys.used(key.id, now)
        # A role that was taken away takes its scopes with it.
        principal = Principal(
            user_id=user.id, role=user.role, scopes=key.scopes & scopes_of(user.role), via=Via.API_KEY,
            credential_id=key.id,
        )  # fmt: skip
        return _Remembered(principal=principal, key=key, found_at=now, until=now + REMEMBERED)

    def _still_trusted(self, key_hash: str, now: datetime) -> _Remembered | None:
        with self._lock:
            entry = self._known.get(key_hash)
        if entry is None or not entry.key.is_live(now) or not _is_recent(entry.found_at, now):
            return None
        return replace(entry, until=now + REMEMBERED)

    def _forget(self, key_hash: str) -> None:
        with self._lock:
            self._known.pop(key_hash, None)

    def _remember(self, key_hash: str, entry: _Remembered) -> None:
        with self._lock:
            self._known[key_hash] = entry
            self._known.move_to_end(key_hash)
            while len(self._known) > _MAX_REMEMBERED:
                self._known.popitem(last=False)


def _is_worth_noting(key: ApiKey, now: datetime) -> bool:
    return key.last_used_at is None or now - key.last_used_at >= _NOTE_USE_EVERY


def _is_recent(found_at: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - found_at < TRUSTED_WITHOUT_DATABASE
