"""Transactions, retries and what errors say."""

from __future__ import annotations

import socket
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text, update
from sqlalchemy.engine import Connection

from adapters.database import faults
from adapters.database.database import Database
from adapters.database.tables.types import Double, JsonText, UtcDateTime
from adapters.database.target import DatabaseTarget, sqlite_url, target_of_url
from domain.errors import ConfigurationError, Conflict, DatabaseUnavailable
from entrypoints.settings import Settings
from tests.servers.mariadb import MariaDb

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime()),
    Column("second", UtcDateTime(0)),
    Column("value", Double()),
    Column("document", JsonText()),
)


@pytest.fixture
def things(empty_database: Database) -> Database:
    with empty_database.transaction() as connection:
        THINGS.create(connection)
    return empty_database


def rows(database: Database) -> list[tuple]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(THINGS).order_by(THINGS.c.id))]


def test_values_come_back_as_they_were(things: Database) -> None:
    moment = datetime(2026, 11, 24, 1, 2, 3, 999_999, tzinfo=timezone(timedelta(hours=9)))
    document = {"name": "쇼핑 🛒", "values": [0.1, None, True]}
    with things.transaction() as connection:
        connection.execute(
            insert(THINGS), {"id": 1, "at": moment, "second": moment, "value": 1 / 3, "document": document}
        )
    assert rows(things) == [(1, moment, moment.replace(microsecond=0), 1 / 3, document)]
    assert rows(things)[0][1].tzinfo is UTC


def test_a_time_without_a_zone_is_refused(things: Database) -> None:
    with pytest.raises(Exception, match="without a zone"), things.transaction() as connection:
        connection.execute(insert(THINGS), {"id": 1, "at": datetime(2026, 11, 24)})


def test_an_error_undoes_the_whole_transaction(things: Database) -> None:
    with pytest.raises(Conflict), things.transaction() as connection:
        connection.execute(insert(THINGS), [{"id": 1}, {"id": 2}, {"id": 1}])
    assert rows(things) == []


def test_a_second_row_of_the_same_key_is_a_conflict_without_the_drivers_text(things: Database) -> None:
    def twice(connection: Connection) -> None:
        connection.execute(insert(THINGS), {"id": 1})

    things.write(twice)
    with pytest.raises(Conflict) as caught:
        things.write(twice)
    assert caught.value.message == faults.CONFLICT


def test_work_that_met_another_writer_is_done_again(things: Database) -> None:
    """Two transactions that lock the same two rows in opposite order; SQLite makes the second wait instead."""
    with things.transaction() as connection:
        connection.execute(insert(THINGS), [{"id": 1, "value": 0.0}, {"id": 2, "value": 0.0}])
    meet = threading.Barrier(2, timeout=5)
    attempts = []

    def add(first: int, second: int) -> None:
        tried = []

        def work(connection: Connection) -> None:
            attempts.append(first)
            tried.append(1)
            connection.execute(update(THINGS).where(THINGS.c.id == first).values(value=THINGS.c.value + 1))
            if len(tried) == 1 and not things.target.is_sqlite:
                meet.wait()
            connection.execute(update(THINGS).where(THINGS.c.id == second).values(value=THINGS.c.value + 1))

        things.write(work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, (1, 2), (2, 1)))
    assert [row[3] for row in rows(things)] == [2.0, 2.0]
    assert len(attempts) == (2 if things.target.is_sqlite else 3)


@pytest.mark.parametrize("empty_database", ["mariadb"], indirect=True)
def test_a_connection_that_the_server_dropped_is_replaced(mariadb: MariaDb, empty_database: Database) -> None:
    empty_database.ping()
    for (number,) in mariadb.execute("SELECT id FROM information_schema.processlist WHERE db LIKE 'test%'"):
        mariadb.execute(f"KILL {number}")
    assert empty_database.read(lambda connection: connection.scalar(text("SELECT 1"))) == 1


def test_sessions_are_strict_and_in_utc(mariadb: MariaDb, empty_database: Database) -> None:
    if empty_database.target.is_sqlite:
        with empty_database.reading() as connection:
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        return
    mariadb.execute("SET GLOBAL time_zone = '+09:00'", "SET GLOBAL sql_mode = ''")
    try:
        with empty_database.reading() as connection:
            zone, mode, charset = connection.execute(
                text("SELECT @@session.time_zone, @@session.sql_mode, @@character_set_connection")
            ).one()
    finally:
        mariadb.execute("SET GLOBAL time_zone = 'SYSTEM'", "SET GLOBAL sql_mode = DEFAULT")
    assert zone == "+00:00"
    assert "STRICT_TRANS_TABLES" in mode
    assert charset == "utf8mb4"


def said_of(target: DatabaseTarget, statement: str = "SELECT 1", *, write: bool = False) -> str:
    database = Database(target)
    try:
        work = database.transaction() if write else database.reading()
        with pytest.raises(DatabaseUnavailable) as caught, work as connection:
            connection.execute(text(statement))
    finally:
        database.close()
    return caught.value.message


def test_each_trouble_with_a_server_is_one_line_that_says_what_to_do(mariadb: MariaDb) -> None:
    mariadb.execute("CREATE DATABASE IF NOT EXISTS troubled")
    canary = "pa/ss@wo:rd%#"
    good = DatabaseTarget(url=target_of_url(mariadb.url("troubled")))
    wrong = good.url.set(username="nobody", password=canary)
    absent = good.url.set(port=1)
    assert said_of(DatabaseTarget(url=wrong)) == faults.NOT_LET_IN
    assert said_of(DatabaseTarget(url=absent)) == faults.NO_ANSWER
    assert said_of(DatabaseTarget(url=good.url.set(database="none_such"))) == faults.NO_DATABASE
    assert said_of(good, "SELECT * FROM none_such") == faults.NO_TABLE
    mariadb.execute("CREATE OR REPLACE TABLE old (id INT)", database="troubled")
    assert said_of(good, "SELECT novel FROM old") == faults.OLD_SCHEMA


def test_any_password_works(mariadb: MariaDb) -> None:
    password = "p@ss:w/o?r#d%20 '\"\\ 암호"  # noqa: S105
    connection = mariadb.connect()
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE IF NOT EXISTS troubled")
        cursor.execute("CREATE OR REPLACE USER planner IDENTIFIED BY %s", (password,))
        cursor.execute("GRANT SELECT ON troubled.* TO planner")
    settings = Settings(
        _env_file=None, mysql_host=mariadb.host, mysql_port=mariadb.port, mysql_user="planner",
        mysql_password=SecretStr(password), mysql_database="troubled",
    )  # fmt: skip
    url = target_of_url(settings.address().get_secret_value())
    database = Database(DatabaseTarget(url=url))
    database.ping()
    database.close()
    assert password not in repr(database.target)
    assert said_of(DatabaseTarget(url=url), "CREATE TABLE forbidden (id INT)", write=True) == faults.NO_RIGHT


def test_a_silent_server_is_not_waited_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = target_of_url(f"mysql://u@127.0.0.1:{silent.getsockname()[1]}/d")
        said = said_of(DatabaseTarget(url=url, connect_seconds=0.2, io_seconds=0.2))
    assert said in (faults.LOST, faults.NO_ANSWER)


def test_each_trouble_with_a_file_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    junk = tmp_path / "junk.sqlite3"
    junk.write_bytes(b"no database at all" * 100)
    assert said_of(DatabaseTarget(url=sqlite_url(junk))) == faults.NOT_SQLITE
    assert said_of(DatabaseTarget(url=sqlite_url(tmp_path))) == faults.CANNOT_OPEN
    assert said_of(DatabaseTarget(url=sqlite_url(junk / "below.sqlite3"))) == faults.CANNOT_OPEN
    fresh = DatabaseTarget(url=sqlite_url(tmp_path / "fresh.sqlite3"))
    assert said_of(fresh, "SELECT * FROM none_such") == faults.NO_TABLE


def test_a_full_disk_is_told_and_reading_goes_on(mariadb: MariaDb, empty_database: Database) -> None:
    """A bound on pages and on a table in memory in the place of the disk's end: the databases say the same of both."""
    sqlite = empty_database.target.is_sqlite
    with empty_database.transaction() as connection:
        kind = "" if sqlite else " ENGINE=MEMORY MAX_ROWS=10"
        connection.execute(text(f"CREATE TABLE much (id INTEGER PRIMARY KEY, filling CHAR(250)){kind}"))
    bound = "PRAGMA max_page_count = 4" if sqlite else "SET max_heap_table_size = 16384"
    empty_database.close()
    rows = [{"id": number, "filling": "x" * 250} for number in range(1000)]

    def fill(connection: Connection) -> None:
        if sqlite:
            connection.execute(text(bound))
        connection.execute(text("INSERT INTO much VALUES (:id, :filling)"), rows)

    if not sqlite:
        with empty_database.transaction() as connection:
            connection.execute(text(bound))
            connection.execute(text("ALTER TABLE much MAX_ROWS=10"))
    with pytest.raises(DatabaseUnavailable) as caught:
        empty_database.write(fill)
    assert caught.value.message == faults.DISK_FULL
    assert empty_database.read(lambda connection: connection.scalar(text("SELECT 1"))) == 1


def test_a_database_that_takes_no_changes_is_told(mariadb: MariaDb, empty_database: Database) -> None:
    with empty_database.transaction() as connection:
        connection.execute(text("CREATE TABLE fixed (id INTEGER)"))
    if empty_database.target.is_sqlite:

        def write(connection: Connection) -> None:
            # What a file without write permission gives; the permission itself would not stop a superuser.
            connection.execute(text("PRAGMA query_only = ON"))
            connection.execute(text("INSERT INTO fixed VALUES (1)"))

        with pytest.raises(DatabaseUnavailable) as caught:
            empty_database.write(write)
        empty_database.close()
        assert caught.value.message == faults.READ_ONLY
        return
    name = str(empty_database.target.url.database)
    mariadb.execute(
        "CREATE OR REPLACE USER writer IDENTIFIED BY 'w'",
        f"GRANT SELECT, INSERT ON {name}.* TO writer",
        "SET GLOBAL read_only = 1",
    )
    try:
        url = empty_database.target.url.set(username="writer", password="w")
        assert said_of(DatabaseTarget(url=url), "INSERT INTO fixed VALUES (1)", write=True) == faults.READ_ONLY
    finally:
        mariadb.execute("SET GLOBAL read_only = 0")


def test_a_file_locked_for_too_long_is_busy(tmp_path: Path) -> None:
    target = DatabaseTarget(url=sqlite_url(tmp_path / "locked.sqlite3"), io_seconds=0.05)
    holder = Database(target)
    with holder.transaction():
        assert said_of(target, write=True) == faults.BUSY
    holder.close()


def test_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    target = DatabaseTarget(url=sqlite_url(tmp_path / "shared.sqlite3"), io_seconds=0.05)
    database = Database(target)
    with database.transaction() as writer:
        writer.execute(text("CREATE TABLE one (id INTEGER)"))
        database.ping()
    database.close()


@pytest.mark.parametrize("text", ["", "postgresql://u@h/d", "sqlite://", "sqlite:///:memory:", "mysql://h", "nonsense"])
def test_other_addresses_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL"):
        target_of_url(text)


def test_addresses_get_the_driver_we_ship() -> None:
    assert target_of_url("mariadb://u:p@h:3307/d").drivername == "mysql+pymysql"
    assert replace(DatabaseTarget(url=target_of_url("sqlite:///a/b.db"))).file == Path("a/b.db")


def a_new_file_in_use(file: Path) -> sqlite3.Connection:
    """Somebody else's connection, which keeps a file that does not write ahead yet from being changed."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_who_opens_a_new_file_waits_until_another_has_made_it(tmp_path: Path) -> None:
    """SQLite itself does not wait here: two workers that start on an empty folder would meet it."""
    file = tmp_path / "new.sqlite3"
    other = a_new_file_in_use(file)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            other.close()

    database = Database(DatabaseTarget(url=sqlite_url(file)), sleep=wait)
    with database.transaction() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    database.close()
    assert len(waits) == 3


def test_a_file_that_stays_locked_is_given_up_in_time(tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite3"
    other = a_new_file_in_use(file)
    seconds = [0.0]

    def wait(_: float) -> None:
        seconds[0] += 3

    target = DatabaseTarget(url=sqlite_url(file), io_seconds=10)
    database = Database(target, monotonic=lambda: seconds[0], sleep=wait)
    with pytest.raises(DatabaseUnavailable, match="busy with other writers"), database.transaction():
        pass
    database.close()
    other.close()
    assert seconds == [12.0]


def test_a_new_file_is_its_owners_alone_and_one_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    new, known = tmp_path / "new.sqlite3", tmp_path / "known.sqlite3"
    known.touch()
    known.chmod(0o640)
    for file in (new, known):
        database = Database(DatabaseTarget(url=sqlite_url(file)))
        with database.transaction() as connection:
            THINGS.create(connection)
            # Passwords' hashes stand beside the file as long as it is in use.
            modes = {path.stat().st_mode & 0o777 for path in tmp_path.glob(f"{file.name}*")}
        database.close()
        assert modes == {0o600 if file is new else 0o640}


def test_what_is_deleted_is_overwritten_in_the_file(tmp_path: Path) -> None:
    database = Database(DatabaseTarget(url=sqlite_url(tmp_path / "new.sqlite3")))
    with database.reading() as connection:
        assert connection.execute(text("PRAGMA secure_delete")).scalar_one() == 1
    database.close()
