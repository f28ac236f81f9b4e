"""Every migration goes up, down and up again, and may be repeated, killed and raced."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text

from adapters.database.database import Database
from adapters.database.migrator import Migrator
from adapters.database.target import DatabaseTarget, target_of_url
from domain.errors import ConfigurationError, DatabaseUnavailable
from entrypoints.assets import asset_path
from tests.servers.databases import migrator_of


def revisions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(asset_path("migrations")))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(inspect(connection).get_table_names())


def test_each_migration_goes_up_down_and_up(empty_database: Database) -> None:
    migrator = migrator_of(empty_database)
    migrator.upgrade()
    for revision in [*revisions()[:-1][::-1], "base"]:
        assert migrator.downgrade(revision).current == (None if revision == "base" else revision)
        assert migrator.upgrade().is_current
        migrator.downgrade(revision)
    assert tables(empty_database) <= {"alembic_version"}
    assert migrator.upgrade().is_current
    assert migrator.differences() == []


def test_revisions_are_told_from_file_names_as_alembic_orders_them(empty_database: Database) -> None:
    assert migrator_of(empty_database).state().head == revisions()[-1]
    assert revisions() == sorted(revisions())


def test_an_upgrade_may_be_repeated(database: Database) -> None:
    before = tables(database)
    assert migrator_of(database).upgrade().is_current
    assert tables(database) == before


def test_two_upgrades_at_once_do_not_race(empty_database: Database) -> None:
    with ThreadPoolExecutor(2) as pool:
        states = list(pool.map(lambda _: migrator_of(empty_database).upgrade(), range(2)))
    assert all(state.is_current for state in states)


class Killed(BaseException):
    """Nothing catches it: the process is gone."""


def test_upgrades_of_several_databases_at_once_leave_each_other_alone(tmp_path: Path) -> None:
    made = [Database(DatabaseTarget(url=target_of_url(f"sqlite:///{tmp_path}/{number}.db"))) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        states = list(pool.map(lambda database: migrator_of(database).upgrade(), made))
    assert all(state.is_current for state in states)
    for database in made:
        database.close()


def statements_of_an_upgrade(database: Database, stop_at: int | None) -> int:
    """Upgrade, and die before statement number ``stop_at``; gives how many were begun."""
    begun = 0

    def count(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal begun
        if not statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")):
            return
        if begun == stop_at:
            raise Killed
        begun += 1

    from sqlalchemy import Engine

    event.listen(Engine, "before_cursor_execute", count)
    try:
        migrator_of(database).upgrade()
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return begun


def test_an_upgrade_killed_before_any_statement_is_simply_run_again(empty_database: Database) -> None:
    migrator = migrator_of(empty_database)
    whole = statements_of_an_upgrade(empty_database, None)
    assert whole >= 3
    # A server takes some 60 ms a statement: there every fifth one, on SQLite each.
    for stop_at in range(0, whole, 1 if empty_database.target.is_sqlite else 5):
        migrator.downgrade("base")
        with empty_database.transaction() as connection:
            connection.execute(text("DROP TABLE alembic_version"))
        with pytest.raises(Killed):
            statements_of_an_upgrade(empty_database, stop_at)
        assert migrator.upgrade().is_current
        assert migrator.differences() == []


DYING = """
import os, sys
from pathlib import Path
from sqlalchemy import Engine, event
from adapters.database.database import Database
from adapters.database.migrator import Migrator
from adapters.database.target import DatabaseTarget, target_of_url

begun = 0

@event.listens_for(Engine, "after_cursor_execute")
def die(_conn, _cursor, statement, *_rest):
    global begun
    begun += statement.lstrip().upper().startswith(("CREATE", "ALTER"))
    if begun == 3:
        os.kill(os.getpid(), 9)

Migrator(Database(DatabaseTarget(url=target_of_url(sys.argv[1]))), Path(sys.argv[2])).upgrade()
"""


def test_an_upgrade_whose_process_is_killed_is_simply_run_again(empty_database: Database) -> None:
    """No goodbye to the server, no rollback, no lock given back."""
    address = empty_database.target.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", DYING, address, str(asset_path("migrations"))]
    done = subprocess.run(command, check=False, timeout=60, cwd=asset_path("migrations").parent)
    assert done.returncode == -9
    migrator = migrator_of(empty_database)
    assert not migrator.state().is_current
    assert migrator.upgrade().is_current
    assert migrator.differences() == []


def test_a_difference_from_the_tables_is_named(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("DROP TABLE metric_history"))
    assert "metric_history" in " ".join(migrator_of(database).differences())


def test_foreign_tables_are_left_alone(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE somebody_elses (id INTEGER PRIMARY KEY)"))
    assert migrator_of(database).differences() == []


def test_a_revision_that_does_not_exist_is_refused(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="no revision '9999'"):
        migrator_of(database).downgrade("9999")


def test_an_sqlite_file_is_upgraded_when_needed_and_a_server_is_not(empty_database: Database) -> None:
    migrator = migrator_of(empty_database)
    if empty_database.target.is_sqlite:
        migrator.ensure_current()
        assert migrator.state().is_current
    else:
        with pytest.raises(DatabaseUnavailable, match="mcp-core db upgrade"):
            migrator.ensure_current()
        assert migrator.status().state == "down"


def test_a_newer_schema_is_not_touched(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9998'"))
    with pytest.raises(DatabaseUnavailable, match="newer version"):
        migrator_of(database).ensure_current()


def test_a_migration_folder_may_have_a_percent_sign_in_its_path(empty_database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "100%"
    folder.symlink_to(asset_path("migrations"))
    assert Migrator(empty_database, folder).upgrade().is_current
