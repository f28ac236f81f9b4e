"""The users, grants and backups that docs/database.md tells are enough, and no more is needed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from adapters.database import faults
from adapters.database.database import Database
from adapters.database.target import DatabaseTarget, sqlite_url, target_of_url
from adapters.history.sql_store import SqlHistoryStore
from domain.errors import DatabaseUnavailable
from domain.samples import SampleBatch
from tests.servers.databases import migrator_of
from tests.servers.mariadb import MariaDb

PAGE = Path(__file__).resolve().parents[4] / "docs" / "database.md"
ONE = SampleBatch(
    names=[("shop", "avg_cpu")], codes=np.zeros(1, dtype=np.int32), seconds=np.array([1_795_435_200]), values=np.ones(1)
)


@pytest.fixture
def _set_up(mariadb: MariaDb) -> Iterator[None]:
    """The page's statements, run as the administrator."""
    block = re.search(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    statements = [statement.strip() for statement in block.group(1).split(";") if statement.strip()]
    mariadb.execute(*statements)
    yield
    mariadb.execute("DROP DATABASE mcp_core", "DROP USER mcp_core", "DROP USER mcp_core_owner")


def database_of(server: MariaDb, user: str) -> Database:
    return Database(DatabaseTarget(url=target_of_url(f"mysql://{user}@{server.host}:{server.port}/mcp_core")))


@pytest.mark.usefixtures("_set_up")
def test_the_owner_may_change_the_schema_and_the_service_may_not(mariadb: MariaDb) -> None:
    owner = database_of(mariadb, "mcp_core_owner:change-me-too")
    serving = database_of(mariadb, "mcp_core:change-me")
    try:
        with pytest.raises(DatabaseUnavailable) as caught:
            migrator_of(serving).upgrade()
        assert caught.value.message == faults.NO_RIGHT
        assert migrator_of(owner).upgrade().is_current
        migrator_of(owner).downgrade("base")
        assert migrator_of(owner).upgrade().is_current
        assert migrator_of(serving).differences() == []
        migrator_of(serving).ensure_current()
        store = SqlHistoryStore(lambda: serving)
        store.upsert(ONE)
        (series,) = store.coverage("shop")
        assert store.delete_before("shop", "avg_cpu", series.last.replace(year=2030), at_most=5) == 1
    finally:
        owner.close()
        serving.close()


def test_a_copy_of_a_file_in_use_is_whole(tmp_path: Path) -> None:
    """The command of the page, while a connection with unwritten pages is open."""
    database = Database(DatabaseTarget(url=sqlite_url(tmp_path / "live.sqlite3")))
    migrator_of(database).upgrade()
    SqlHistoryStore(lambda: database).upsert(ONE)
    command = re.search(r'python -c "import sqlite3; (.*)"\n', PAGE.read_text(encoding="utf-8"))
    assert command is not None
    assert "VACUUM INTO" in command.group(1)
    copying = sqlite3.connect(tmp_path / "live.sqlite3")
    copying.execute("VACUUM INTO ?", (str(tmp_path / "copy.sqlite3"),))
    copying.close()
    database.close()
    copy = Database(DatabaseTarget(url=sqlite_url(tmp_path / "copy.sqlite3")))
    assert migrator_of(copy).state().is_current
    assert SqlHistoryStore(lambda: copy).service_ids() == ("shop",)
    copy.close()
