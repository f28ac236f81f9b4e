"""Make, replace and take back the keys of programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from application.accounts.desk import Desk
from application.accounts.letters import key_letter
from domain.errors import FieldError, InvalidRequest, NotFound
from domain.identity.audit import AuditEvent, Caller
from domain.identity.errors import AlreadyExists
from domain.identity.keys import MAX_KEYS_PER_USER, MAX_NAME_LENGTH, ROTATION_OVERLAP, ApiKey, expiry
from domain.identity.scopes import Scope, read_scopes
from domain.identity.tokens import SHOWN_LENGTH, TOKEN_BYTES, digest, new_api_key
from domain.identity.users import User
from domain.ports.account_database import AccountRecords
from domain.ports.mailer import Mailer


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key just made; its text is told once and kept nowhere."""

    key: ApiKey
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApiKey:
    """A key for a program, with no more than its owner may do."""

    desk: Desk
    mailer: Mailer

    def __call__(
        self, login: str, name: str, scopes: Iterable[str], days: int | None, caller: Caller, *, actor_id: str | None
    ) -> NewKey:
        """Make a key.

        Args:
            login: Name, address or id of the owner.
            name: What the owner calls it.
            scopes: What it may do.
            days: Days it counts; None for 90.
            caller: From where.
            actor_id: Who does it; None for the command line.

        Raises:
            NotFound: There is no such open account.
            InvalidRequest: Name, scopes or days are refused.
            AlreadyExists: The account has as many keys as it may.
        """
        called = _read_name(name)
        with self.desk.database.transaction() as records:
            user = records.users.find(login) or records.users.find_by_login(login.strip().lower())
            if user is None or not user.is_open:
                raise NotFound("there is no such account, or it is closed")
            now = self.desk.now()
            if sum(key.is_live(now) for key in records.api_keys.of_user(user.id)) >= MAX_KEYS_PER_USER:
                raise AlreadyExists(f"the account has {MAX_KEYS_PER_USER} keys: revoke one first")
            granted = read_scopes(scopes, user.role)
            made = draw_key(self.desk, user.id, called, granted, expiry(now, days))
            records.api_keys.add(made.key)
            note_key(self.desk, records, "api_key.created", made.key, caller, actor_id)
        tell_of_key(self.mailer, user, actor_id)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateApiKey:
    """A new key with the same name, scopes and length of life; the old one counts for another day."""

    desk: Desk
    mailer: Mailer

    def __call__(self, user_id: str, key_id: str, caller: Caller, *, actor_id: str | None) -> NewKey:
        """Replace a key; of many at once, one wins.

        Raises:
            NotFound: The account has no such living key, or it is being replaced already.
        """
        with self.desk.database.transaction() as records:
            # The account's row is locked first: of two rotations at once the second sees the first one's work.
            user = records.users.find(user_id)
            now = self.desk.now()
            old = next((key for key in records.api_keys.of_user(user_id) if key.id == key_id), None)
            if old is None or old.revoked_at is not None or not old.is_live(now):
                raise NotFound("the account has no such living key, or it is being replaced already")
            made = draw_key(self.desk, user_id, old.name, old.scopes, now + (old.expires_at - old.created_at))
            made = replace(made, key=replace(made.key, replaces=old.id))
            records.api_keys.add(made.key)
            records.api_keys.revoke(user_id, old.id, now + ROTATION_OVERLAP)
            note_key(self.desk, records, "api_key.rotated", made.key, caller, actor_id)
        if user is not None:
            tell_of_key(self.mailer, user, actor_id)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeApiKey:
    """The key counts for nothing from now on."""

    desk: Desk

    def __call__(self, user_id: str, key_id: str, caller: Caller, *, actor_id: str | None) -> ApiKey:
        """Take a key back.

        Raises:
            NotFound: The account has no such key.
        """
        with self.desk.database.transaction() as records:
            key = records.api_keys.revoke(user_id, key_id, self.desk.now())
            if key is None:
                raise NotFound("the account has no such key")
            note_key(self.desk, records, "api_key.revoked", key, caller, actor_id)
        return key


def draw_key(desk: Desk, user_id: str, name: str, scopes: frozenset[Scope], expires_at: datetime) -> NewKey:
    """A key that is not stored yet."""
    text = new_api_key(desk.randomness.bytes(TOKEN_BYTES))
    key = ApiKey(
        id=desk.new_id(), user_id=user_id, name=name, key_hash=digest(text), shown=text[:SHOWN_LENGTH], scopes=scopes,
        created_at=desk.now(), expires_at=expires_at,
    )  # fmt: skip
    return NewKey(key=key, text=text)


def note_key(
    desk: Desk, records: AccountRecords, action: str, key: ApiKey, caller: Caller, actor_id: str | None
) -> None:
    """Write what happened to a key into the audit trail."""
    detail = {"name": key.name, "scopes": " ".join(sorted(key.scopes))}
    event = AuditEvent(
        action=action, actor_id=actor_id, user_id=key.user_id, target=f"api_key:{key.id}", caller=caller, detail=detail
    )
    desk.note(records, event)


def tell_of_key(mailer: Mailer, owner: User, actor_id: str | None) -> None:
    """Mail that there is a new key, in case a borrowed session made it; operators tell people themselves."""
    if actor_id is not None:
        mailer.send(key_letter(owner))


def _read_name(raw: str) -> str:
    name = raw.strip()
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        expected = f"1 to {MAX_NAME_LENGTH} printable characters"
        raise InvalidRequest(f"/name: {expected}", [FieldError(pointer="/name", expected=expected, code="format")])
    return name
