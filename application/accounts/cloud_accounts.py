"""Keep a user's cloud accounts: secrets are sealed on the way in and never come out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from application.accounts.desk import Desk, about_self
from domain.errors import FieldError, InvalidRequest, NotFound
from domain.identity.audit import Caller
from domain.identity.cloud import MAX_PER_USER, CloudAccount, Provider, masked, sealing_context
from domain.identity.errors import AlreadyExists
from domain.ports.account_database import AccountRecords
from domain.ports.secret_box import SecretBox


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudAccountFields:
    """What an owner may write; None leaves a field as it is, an empty secret removes it."""

    provider: Provider | None = None
    name: str | None = None
    account_id: str | None = None
    region: str | None = None
    tenant_id: str | None = None
    project_id: str | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    extra: dict[str, object] | None = field(default=None, repr=False)


# Sealed and in base64 it must fit into 64 KiB.
_MOST_EXTRA = 16_384
_PLAIN = ("provider", "name", "account_id", "region", "tenant_id", "project_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepCloudAccount:
    """Add one, or change one that is there."""

    desk: Desk
    box: SecretBox

    def __call__(
        self, user_id: str, given: CloudAccountFields, caller: Caller, *, account_id: str | None = None
    ) -> CloudAccount:
        """Write a cloud account.

        Raises:
            NotFound: The user has no such cloud account.
            AlreadyExists: The user has as many as allowed.
            EncryptionUnavailable: A secret cannot be sealed.
        """
        with self.desk.database.transaction() as records:
            records.users.find(user_id)
            if account_id is None:
                account = self._sealed(self._blank(records, user_id), given)
                records.cloud_accounts.add(account)
            else:
                account = self._sealed(found_account(records, user_id, account_id), given)
                records.cloud_accounts.save(account)
            action = "cloud_account.added" if account_id is None else "cloud_account.changed"
            target = f"cloud_account:{account.id}"
            event = about_self(action, user_id, caller, target=target, provider=account.provider.value)
            self.desk.note(records, event)
        return account

    def _blank(self, records: AccountRecords, user_id: str) -> CloudAccount:
        if len(records.cloud_accounts.of_user(user_id)) >= MAX_PER_USER:
            raise AlreadyExists(f"the account has {MAX_PER_USER} cloud accounts: remove one first")
        now = self.desk.now()
        return CloudAccount(
            id=self.desk.new_id(), user_id=user_id, provider=Provider.OTHER, name="", account_id="", region="",
            tenant_id="", project_id="", access_key=None, access_key_shown="", secret_key=None, extra=None,
            created_at=now, updated_at=now,
        )  # fmt: skip

    def _sealed(self, account: CloudAccount, given: CloudAccountFields) -> CloudAccount:
        plain: dict[str, Any] = {
            name: _plain(name, getattr(given, name)) for name in _PLAIN if getattr(given, name) is not None
        }
        account = replace(account, updated_at=self.desk.now(), **plain)
        if given.access_key is not None:
            shown = masked(given.access_key) if given.access_key else ""
            sealed = self._seal(account, "access_key", given.access_key)
            account = replace(account, access_key=sealed, access_key_shown=shown)
        if given.secret_key is not None:
            account = replace(account, secret_key=self._seal(account, "secret_key", given.secret_key))
        if given.extra is not None:
            text = json.dumps(given.extra, sort_keys=True) if given.extra else ""
            if len(text) > _MOST_EXTRA:
                _refuse("extra", f"at most {_MOST_EXTRA} characters of JSON")
            account = replace(account, extra=self._seal(account, "extra", text))
        return account

    def _seal(self, account: CloudAccount, column: str, secret: str) -> str | None:
        if not secret:
            return None
        return self.box.seal(secret, sealing_context("cloud_accounts", account.user_id, account.id, column))


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCloudAccount:
    """Forget one, credentials and all."""

    desk: Desk

    def __call__(self, user_id: str, account_id: str, caller: Caller) -> None:
        """Remove it.

        Raises:
            NotFound: The user has no such cloud account.
        """
        with self.desk.database.transaction() as records:
            found_account(records, user_id, account_id)
            records.cloud_accounts.remove(user_id, account_id)
            event = about_self("cloud_account.removed", user_id, caller, target=f"cloud_account:{account_id}")
            self.desk.note(records, event)


def found_account(records: AccountRecords, user_id: str, account_id: str) -> CloudAccount:
    """One of a user's cloud accounts.

    Raises:
        NotFound: There is none of that id, or it is somebody else's: the answer is the same.
    """
    account = records.cloud_accounts.find(user_id, account_id)
    if account is None:
        raise NotFound("there is no such cloud account")
    return account


def _plain(name: str, value: Provider | str) -> Provider | str:
    if isinstance(value, str) and not isinstance(value, Provider) and not value.isprintable():
        _refuse(name, "printable characters on one line")
    return value


def _refuse(name: str, expected: str) -> None:
    raise InvalidRequest(f"/{name}: {expected}", [FieldError(pointer=f"/{name}", expected=expected, code="format")])
