"""Port: everything kept about accounts, one transaction at a time."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from domain.ports.api_key_store import ApiKeyStore
from domain.ports.attempt_store import AttemptStore
from domain.ports.audit_log import AuditLog
from domain.ports.cloud_account_store import CloudAccountStore
from domain.ports.session_store import SessionStore
from domain.ports.share_store import ShareStore
from domain.ports.single_use_store import SingleUseStore
from domain.ports.user_store import UserStore


class AccountRecords(Protocol):
    """The stores as one transaction sees them."""

    @property
    def users(self) -> UserStore:
        """Accounts."""
        ...

    @property
    def sessions(self) -> SessionStore:
        """Sessions."""
        ...

    @property
    def single_use(self) -> SingleUseStore:
        """Mailed tokens and backup codes."""
        ...

    @property
    def api_keys(self) -> ApiKeyStore:
        """API keys."""
        ...

    @property
    def cloud_accounts(self) -> CloudAccountStore:
        """Cloud accounts."""
        ...

    @property
    def shares(self) -> ShareStore:
        """Owners of histories, and what was shared."""
        ...

    @property
    def audit(self) -> AuditLog:
        """The audit trail."""
        ...

    @property
    def attempts(self) -> AttemptStore:
        """Counters of attempts."""
        ...


class AccountDatabase(Protocol):
    """Where accounts are kept."""

    def transaction(self) -> AbstractContextManager[AccountRecords]:
        """All or nothing: committed at the end of the block, undone when it raises.

        Writers of one account, one counter or the audit trail wait for one another.

        Raises:
            Unavailable: The database does not answer.
        """
        ...

    def reading(self) -> AbstractContextManager[AccountRecords]:
        """A transaction that only looks: nobody waits for it, and it waits for nobody.

        Raises:
            Unavailable: The database does not answer.
        """
        ...
