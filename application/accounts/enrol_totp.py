"""Enrol an authenticator: seed, address to scan, and its picture, shown once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from application.accounts.desk import Desk, about_self
from domain.identity.audit import Caller
from domain.identity.cloud import sealing_context
from domain.identity.errors import AlreadyExists, NotAuthenticated
from domain.identity.totp import SEED_BYTES
from domain.ports.secret_box import SecretBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What the owner's authenticator needs; shown once."""

    uri: str = field(repr=False)
    svg: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolTotp:
    """A seed that counts only once a code of it was typed."""

    desk: Desk
    box: SecretBox
    uri_of: Callable[[bytes, str], str]
    picture_of: Callable[[str], str]

    def __call__(self, user_id: str, caller: Caller) -> Enrolment:
        """Draw a seed.

        Raises:
            AlreadyExists: There is an authenticator; it must be disabled first.
            EncryptionUnavailable: The seed cannot be sealed.
        """
        seed = self.desk.randomness.bytes(SEED_BYTES)
        sealed = self.box.seal(seed.hex(), sealing_context("users", user_id, user_id, "totp_seed"))
        with self.desk.database.transaction() as records:
            user = records.users.find(user_id)
            if user is None or not user.is_open:
                raise NotAuthenticated("the account is gone")
            if user.has_second_factor:
                raise AlreadyExists("an authenticator is enrolled already: disable it first")
            records.users.save(replace(user, totp_seed=sealed, updated_at=self.desk.now()))
            self.desk.note(records, about_self("totp.enrolled", user_id, caller))
        uri = self.uri_of(seed, user.username)
        return Enrolment(uri=uri, svg=self.picture_of(uri))
