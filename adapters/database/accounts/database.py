"""Adapter of the port `AccountDatabase`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from adapters.database.accounts.api_keys import SqlApiKeys
from adapters.database.accounts.attempts import SqlAttempts
from adapters.database.accounts.audit import SqlAuditLog
from adapters.database.accounts.cloud_accounts import SqlCloudAccounts
from adapters.database.accounts.sessions import SqlSessions
from adapters.database.accounts.shares import SqlShares
from adapters.database.accounts.single_use import SqlSingleUse
from adapters.database.accounts.users import SqlUsers
from adapters.database.database import Database
from domain.ports.account_database import AccountDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlRecords:
    """The stores over one connection."""

    users: SqlUsers
    sessions: SqlSessions
    single_use: SqlSingleUse
    api_keys: SqlApiKeys
    cloud_accounts: SqlCloudAccounts
    shares: SqlShares
    audit: SqlAuditLog
    attempts: SqlAttempts


class SqlAccountDatabase(AccountDatabase):
    """Accounts in the database of the service.

    Args:
        database: Asked at each use: none need be there when this is made.
    """

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database

    @contextmanager
    def transaction(self) -> Iterator[SqlRecords]:
        """All or nothing."""
        with self._database().transaction() as connection:
            yield _records(connection, locks=True)

    @contextmanager
    def reading(self) -> Iterator[SqlRecords]:
        """Only looking."""
        with self._database().reading() as connection:
            yield _records(connection, locks=False)


def _records(connection: Connection, *, locks: bool) -> SqlRecords:
    return SqlRecords(
        users=SqlUsers(connection, locks=locks),
        sessions=SqlSessions(connection, locks=locks),
        single_use=SqlSingleUse(connection),
        api_keys=SqlApiKeys(connection, locks=locks),
        cloud_accounts=SqlCloudAccounts(connection, locks=locks),
        shares=SqlShares(connection, locks=locks),
        audit=SqlAuditLog(connection, locks=locks),
        attempts=SqlAttempts(connection, locks=locks),
    )
