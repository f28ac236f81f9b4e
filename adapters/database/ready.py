"""The database, once its schema was seen to be this version's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.database.database import Database
    from adapters.database.migrator import Migrator


class ReadyDatabase:
    """Looks at the schema at each use until it was right once; an SQLite file is made and upgraded.

    No lock is held meanwhile: a container's singletons share one, and none could be built while a database hangs.

    Args:
        migrator: Of the database.
    """

    def __init__(self, migrator: Migrator) -> None:
        self._migrator = migrator
        self._was_current = False

    def __call__(self) -> Database:
        """The database.

        Raises:
            DatabaseUnavailable: It cannot be reached, or its schema is not this version's.
        """
        if not self._was_current:
            self._migrator.ensure_current()
            self._was_current = True
        return self._migrator.database
