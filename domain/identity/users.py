"""Accounts of people."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.errors import FieldError, InvalidRequest
from domain.identity.limits import LOCK_AFTER
from domain.identity.scopes import Role

MAX_EMAIL_LENGTH = 254
MAX_TEXT_LENGTH = 200
# Somebody else may want the name, or mistyped the address.
UNPROVEN_KEPT = timedelta(days=7)
_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,62}[a-z0-9])")
# Deliberately loose: that a mail arrives is the proof. No control character, no space, one @, a dot in the domain.
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f<>()\[\],;:\\\"]{1,64}@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z]{2,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One account.

    Attributes:
        id: Row; never shown as a name.
        username: Lower case, unique, also after deletion.
        email: Lower case, unique.
        password_hash: Argon2id in its standard text form; empty once deleted.
        role: What the account is.
        created_at: Moment it was made.
        updated_at: Moment of the last change.
        full_name: As the owner writes it.
        organisation: As the owner writes it.
        is_active: Whether it may be used.
        email_verified_at: When the address was proven; None before.
        failed_logins: Wrong passwords since the last log-in.
        last_failed_at: Moment of the newest of them.
        locked_at: When too many closed the account to passwords; a mailed reset opens it.
        last_login_at: Newest log-in.
        last_login_address: From where.
        totp_seed: Sealed seed of the authenticator; None without.
        totp_confirmed_at: When the owner proved to have it; not asked for before.
        totp_last_step: Newest time step accepted; each step counts once.
        deleted_at: When the owner or an admin deleted it; personal data is gone from then on.
    """

    id: str
    username: str
    email: str
    password_hash: str
    role: Role
    created_at: datetime
    updated_at: datetime
    full_name: str = ""
    organisation: str = ""
    is_active: bool = True
    email_verified_at: datetime | None = None
    failed_logins: int = 0
    last_failed_at: datetime | None = None
    locked_at: datetime | None = None
    last_login_at: datetime | None = None
    last_login_address: str = ""
    totp_seed: str | None = None
    totp_confirmed_at: datetime | None = None
    totp_last_step: int | None = None
    deleted_at: datetime | None = None

    @property
    def is_verified(self) -> bool:
        """Whether the mail address was proven."""
        return self.email_verified_at is not None

    @property
    def is_open(self) -> bool:
        """Whether sessions and keys of the account count."""
        return self.is_active and self.deleted_at is None

    @property
    def may_log_in(self) -> bool:
        """Whether a right password opens it."""
        return self.is_open and self.is_verified and self.locked_at is None

    @property
    def has_second_factor(self) -> bool:
        """Whether a log-in asks for a code."""
        return self.totp_confirmed_at is not None

    @property
    def about(self) -> tuple[str, ...]:
        """What a password must not be made of."""
        return (self.username, self.email, self.full_name, self.organisation)

    def after_failure(self, now: datetime) -> User:
        """One more wrong password; the hundredth in a row closes the account to passwords."""
        failed = self.failed_logins + 1
        locked = now if self.locked_at is None and failed >= LOCK_AFTER else self.locked_at
        return replace(self, failed_logins=failed, last_failed_at=now, locked_at=locked)

    def after_login(self, now: datetime, address: str) -> User:
        """A log-in that succeeded."""
        return replace(self, failed_logins=0, last_login_at=now, last_login_address=address)

    def with_password(self, password_hash: str, now: datetime) -> User:
        """A new password opens a locked account."""
        return replace(self, password_hash=password_hash, failed_logins=0, locked_at=None, updated_at=now)

    def without_second_factor(self, now: datetime) -> User:
        """The authenticator forgotten."""
        return replace(self, totp_seed=None, totp_confirmed_at=None, totp_last_step=None, updated_at=now)

    def erased(self, now: datetime) -> User:
        """The row as it stays after deletion: nothing that names a person, and a name nobody can take."""
        return replace(
            self.without_second_factor(now), username=f"deleted-{self.id}", email=f"deleted-{self.id}@invalid.invalid",
            password_hash="", full_name="", organisation="", is_active=False, email_verified_at=None,
            last_login_address="", role=Role.USER, deleted_at=now,
        )  # fmt: skip


def read_username(raw: str, pointer: str = "/username") -> str:
    """A name in its one stored form.

    Raises:
        InvalidRequest: Not 3 to 64 letters, digits, dots, hyphens and underscores, or reserved.
    """
    name = raw.strip().lower()
    if not _USERNAME.fullmatch(name) or name.startswith("deleted-"):
        expected = "3 to 64 of a-z, 0-9, dot, hyphen, underscore, beginning and ending with a letter or digit"
        raise InvalidRequest(f"{pointer}: {expected}", [FieldError(pointer=pointer, expected=expected, code="format")])
    return name


def read_email(raw: str, pointer: str = "/email") -> str:
    """An address in its one stored form.

    Raises:
        InvalidRequest: It cannot be an address.
    """
    address = raw.strip().lower()
    if len(address) > MAX_EMAIL_LENGTH or not address.isascii() or not _EMAIL.fullmatch(address) or ".." in address:
        expected = "a mail address such as name@example.org"
        raise InvalidRequest(f"{pointer}: {expected}", [FieldError(pointer=pointer, expected=expected, code="format")])
    return address


def read_login(raw: str) -> str:
    """A name or address as looked up; whatever cannot be one finds nobody."""
    return raw.strip().lower()[:MAX_EMAIL_LENGTH]


def read_text(raw: str, pointer: str) -> str:
    """A name or organisation as its owner writes it: one line, no control characters.

    Raises:
        InvalidRequest: Too long, or not plain text.
    """
    text = raw.strip()
    if len(text) > MAX_TEXT_LENGTH or not text.isprintable():
        expected = f"at most {MAX_TEXT_LENGTH} printable characters"
        raise InvalidRequest(f"{pointer}: {expected}", [FieldError(pointer=pointer, expected=expected, code="format")])
    return text
