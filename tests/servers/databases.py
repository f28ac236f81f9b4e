"""Databases for tests: an SQLite file or a database of the private MariaDB, empty or upgraded."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import Table

from adapters.database.database import Database
from adapters.database.migrator import Migrator
from adapters.database.tables import METADATA, accounts
from adapters.database.target import DatabaseTarget, sqlite_url, target_of_url
from entrypoints.assets import asset_path
from tests.servers.mariadb import MariaDb, require_mariadb, running_mariadb

KINDS = ("sqlite", "mariadb")
ACCOUNT_TABLES = {table.name for table in vars(accounts).values() if isinstance(table, Table)}
Kept: TypeAlias = Callable[[str], Database]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """The session's private MariaDB; skipped, or failed in CI, where it is not installed."""
    require_mariadb()
    with running_mariadb() as server:
        yield server


def new_target(kind: str, request: pytest.FixtureRequest, folder: Path) -> DatabaseTarget:
    """An empty database of a kind: ``sqlite`` or ``mariadb``."""
    if kind == "sqlite":
        return DatabaseTarget(url=sqlite_url(folder / f"test-{next(_numbers)}.sqlite3"))
    server: MariaDb = request.getfixturevalue("mariadb")
    name = f"test_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    return DatabaseTarget(url=target_of_url(server.url(name)))


def migrator_of(database: Database) -> Migrator:
    """The shipped migrations on a database."""
    return Migrator(database, asset_path("migrations"))


@pytest.fixture(params=KINDS)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables, on each kind."""
    database = Database(new_target(request.param, request, tmp_path))
    yield database
    database.close()


@pytest.fixture
def database(empty_database: Database) -> Database:
    """An upgraded, empty database, on each kind."""
    migrator_of(empty_database).upgrade()
    return empty_database


@pytest.fixture(scope="session")
def upgraded_databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """One upgraded database of each kind that is asked for, kept for the session: migrating takes seconds."""
    kept: dict[str, Database] = {}

    def of(kind: str) -> Database:
        if kind not in kept:
            kept[kind] = Database(new_target(kind, request, tmp_path_factory.mktemp("kept")))
            migrator_of(kept[kind]).upgrade()
        return kept[kind]

    yield of
    for database in kept.values():
        database.close()


def emptied(database: Database) -> Database:
    """The same database without accounts and their traces."""
    with database.transaction() as connection:
        for table in reversed(METADATA.sorted_tables):
            if table.name in ACCOUNT_TABLES:
                connection.execute(table.delete())
    return database
