"""Make an account: by the operator, who vouches for the address."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.desk import Desk
from domain.identity.audit import AuditEvent, Caller
from domain.identity.passwords import check_password, normalised
from domain.identity.scopes import Role
from domain.identity.users import User, read_email, read_text, read_username
from domain.ports.password_hasher import PasswordHasher
from domain.ports.password_strength import PasswordStrength


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What an account is made from."""

    username: str
    email: str
    password: str
    full_name: str = ""
    organisation: str = ""
    role: Role = Role.USER


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateUser:
    """An account that may log in at once."""

    desk: Desk
    hasher: PasswordHasher
    strength: PasswordStrength

    def __call__(self, wanted: NewUser, caller: Caller) -> User:
        """Store the account.

        Raises:
            InvalidRequest: A field or the password is refused.
            AlreadyExists: Name or address is taken.
        """
        drafted = drafted_user(self.desk, self.strength, wanted)
        password_hash = self.hasher.hash(normalised(wanted.password))
        user = drafted(password_hash, is_verified=True)
        with self.desk.database.transaction() as records:
            records.users.add(user)
            event = AuditEvent(
                action="account.created", user_id=user.id, target=f"user:{user.id}", caller=caller,
                detail={"role": user.role.value},
            )  # fmt: skip
            self.desk.note(records, event)
        return user


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An account whose fields were checked and whose password is still to be hashed."""

    desk: Desk
    wanted: NewUser

    def __call__(self, password_hash: str, *, is_verified: bool) -> User:
        """The account."""
        now, wanted = self.desk.now(), self.wanted
        return User(
            id=self.desk.new_id(), username=wanted.username, email=wanted.email, password_hash=password_hash,
            role=wanted.role, created_at=now, updated_at=now, full_name=wanted.full_name,
            organisation=wanted.organisation, email_verified_at=now if is_verified else None,
        )  # fmt: skip


def drafted_user(desk: Desk, strength: PasswordStrength, wanted: NewUser) -> Draft:
    """Check all fields of a new account.

    Raises:
        InvalidRequest: A field or the password is refused.
    """
    username, email = read_username(wanted.username), read_email(wanted.email)
    full_name, organisation = read_text(wanted.full_name, "/full_name"), read_text(wanted.organisation, "/organisation")
    about = (username, email, full_name, organisation)
    check_password(wanted.password, strength, about=about)
    checked = NewUser(
        username=username, email=email, password=wanted.password, full_name=full_name, organisation=organisation,
        role=wanted.role,
    )  # fmt: skip
    return Draft(desk=desk, wanted=checked)
