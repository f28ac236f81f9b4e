"""Bringing a database's schema to this version's, and telling whether it is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from adapters.database.database import Database
from adapters.database.faults import OLD_SCHEMA
from adapters.database.tables import METADATA
from adapters.database.writing import fault_of_writing
from domain.errors import ConfigurationError, DatabaseUnavailable, McpCoreError
from domain.ports.metric_history import SourceStatus

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK: Final = "mcp_core_schema"
_LOCK_SECONDS: Final = 60
# Alembic keeps what it is at in the module: two upgrades of one process would take it from each other.
_ALEMBIC: Final = Lock()
_REVISION: Final = re.compile(r"(\d{4})_\w+\.py")
_NEWER: Final = "the schema is of a newer version of this program: update the program, or `mcp-core db downgrade` there"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """Which revision a database has; ``current`` is None for an empty one."""

    current: str | None
    head: str

    @property
    def is_current(self) -> bool:
        """Whether this version can work with it."""
        return self.current == self.head


class Migrator:
    """Runs the migrations of a folder on one database.

    Attributes:
        database: Which one.

    Args:
        database: Which one.
        folder: Alembic's folder, `migrations/`.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self._folder = folder

    def state(self) -> SchemaState:
        """What the database has, what this version needs.

        Raises:
            DatabaseUnavailable: It cannot be read.
        """
        return SchemaState(current=self.database.read(_current), head=self._revisions()[-1])

    def upgrade(self) -> SchemaState:
        """Bring the schema to this version's; safe to repeat, to interrupt and to run from two places at once.

        Raises:
            DatabaseUnavailable: It cannot be reached or changed, or another upgrade takes too long.
        """
        from alembic import command

        with self._changing() as config:
            command.upgrade(config, "head")
        return self.state()

    def downgrade(self, revision: str) -> SchemaState:
        """Take back everything after a revision; ``base`` takes back all of it, with what the tables hold.

        Raises:
            ConfigurationError: There is no such revision.
            DatabaseUnavailable: It cannot be reached or changed.
        """
        from alembic import command

        if revision not in ("base", *self._revisions()):
            raise ConfigurationError(f"there is no revision {revision!r}: base, {', '.join(self._revisions())}")
        with self._changing() as config:
            command.downgrade(config, revision)
        return self.state()

    def differences(self) -> list[str]:
        """How the schema differs from the tables of this version, one sentence each.

        Raises:
            DatabaseUnavailable: It cannot be read.
        """
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        with self.database.reading() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_ours})
            return [_in_words(step) for step in compare_metadata(context, METADATA)]

    def ensure_current(self) -> None:
        """Upgrade an SQLite file; of any other database only say that it has to be.

        Raises:
            DatabaseUnavailable: It cannot be reached, or its schema is not this version's.
        """
        state = self.state()
        if state.is_current:
            return
        if not self.database.target.is_sqlite or self._is_newer(state):
            raise DatabaseUnavailable(self._complaint(state))
        self.upgrade()

    def status(self) -> SourceStatus:
        """Whether the database answers, has this version's schema and takes changes, without raising."""
        try:
            state = self.state()
            if self._is_made_when_needed(state):
                return SourceStatus(state="ok", detail=("SQLite, its tables are made when first needed",))
            if not state.is_current:
                return SourceStatus(state="down", reason=self._complaint(state))
            fault = fault_of_writing(self.database)
        except McpCoreError as error:
            return SourceStatus(state="down", reason=error.message)
        detail = (f"{self._product()}, schema {state.current}",)
        return SourceStatus(state="degraded" if fault else "ok", reason=fault, detail=detail)

    def _is_made_when_needed(self, state: SchemaState) -> bool:
        """An empty SQLite file: what uses it first makes its tables, perhaps at this very moment."""
        return self.database.target.is_sqlite and state.current is None

    def _complaint(self, state: SchemaState) -> str:
        said = _NEWER if self._is_newer(state) else OLD_SCHEMA
        return f"{said} (it has {state.current or 'none'}, this version needs {state.head})"

    def _is_newer(self, state: SchemaState) -> bool:
        return state.current is not None and state.current not in self._revisions()

    def _product(self) -> str:
        return "SQLite" if self.database.target.is_sqlite else "MySQL or MariaDB"

    def _revisions(self) -> list[str]:
        """Told from the files' names, so that a start need not import Alembic; a test holds the two together."""
        found = (_REVISION.fullmatch(path.name) for path in (self._folder / "versions").iterdir())
        return sorted(match.group(1) for match in found if match)

    @contextmanager
    def _changing(self) -> Iterator[Config]:
        from alembic.config import Config

        patient = Database(self.database.target.patient())
        try:
            with patient.transaction() as connection, _alone(connection), _ALEMBIC:
                config = Config(attributes={"connection": connection, "metadata": METADATA})
                config.set_main_option("script_location", str(self._folder).replace("%", "%%"))
                yield config
        finally:
            patient.close()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Keep other upgraders out. SQLite's transaction already does: it took the write lock when it began."""
    if connection.dialect.name == "sqlite":
        yield
        return
    # The lock's name is the server's, not the database's.
    name = text(f"CONCAT('{_LOCK}:', SHA1(DATABASE()))")
    if not connection.scalar(text(f"SELECT GET_LOCK({name}, {_LOCK_SECONDS})")):
        raise DatabaseUnavailable(
            f"another upgrade has been running for over {_LOCK_SECONDS} s: try again when it ended"
        )
    try:
        yield
    finally:
        if not connection.closed and not connection.invalidated:
            connection.scalar(text(f"SELECT RELEASE_LOCK({name})"))


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Other tables in the same database are none of our business."""
    return kind != "table" or name in METADATA.tables


def _in_words(step: object) -> str:
    if isinstance(step, list):
        return "; ".join(_in_words(part) for part in step)
    parts = step if isinstance(step, tuple) else (step,)
    return " ".join(str(getattr(part, "name", None) or part) for part in parts if part is not None)
