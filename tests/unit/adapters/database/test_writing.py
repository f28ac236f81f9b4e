"""A database that takes no changes is told before a change is lost."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.database import faults
from adapters.database.database import Database
from adapters.database.target import DatabaseTarget, sqlite_url
from adapters.database.writing import LEAST_FREE_BYTES, fault_of_writing
from tests.servers.databases import migrator_of
from tests.servers.mariadb import MariaDb

NOBODY = 65534


def test_nothing_speaks_against_a_database_that_takes_changes(database: Database) -> None:
    assert fault_of_writing(database) == ""
    assert migrator_of(database).status().state == "ok"


@pytest.mark.parametrize("empty_database", ["mariadb"], indirect=True)
def test_a_server_that_takes_no_changes_is_degraded_and_says_so(mariadb: MariaDb, database: Database) -> None:
    mariadb.execute("SET GLOBAL read_only = 1")
    try:
        status = migrator_of(database).status()
    finally:
        mariadb.execute("SET GLOBAL read_only = 0")
    assert (status.state, status.reason) == ("degraded", faults.READ_ONLY)


def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path) -> None:
    database = Database(DatabaseTarget(url=sqlite_url(tmp_path / "some.sqlite3")))
    migrator_of(database).upgrade()
    assert fault_of_writing(database, lambda _folder: LEAST_FREE_BYTES) == ""
    assert fault_of_writing(database, lambda _folder: LEAST_FREE_BYTES - 1) == faults.DISK_FULL
    database.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that anybody may look into; the tests' own folders are their user's alone."""
    folder = Path(tempfile.mkdtemp(prefix="mcp-db-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(ask: Callable[[], str]) -> str:
    """What a function says in a process without the superuser's rights."""
    if os.geteuid() != 0:
        return ask()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writing, ask().encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        return pipe.read().decode()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("locked", ["file", "folder"])
def test_a_file_without_write_permission_is_told(open_folder: Path, locked: str) -> None:
    target = DatabaseTarget(url=sqlite_url(open_folder / "some.sqlite3"))
    database = Database(target)
    migrator_of(database).upgrade()
    database.close()
    (open_folder / "some.sqlite3").chmod(0o444 if locked == "file" else 0o666)
    open_folder.chmod(0o777 if locked == "file" else 0o555)
    assert as_nobody(lambda: fault_of_writing(Database(target))) == faults.READ_ONLY
