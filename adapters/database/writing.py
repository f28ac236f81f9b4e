"""Whether a database takes changes, told without changing anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import text

from adapters.database.database import Database
from adapters.database.faults import DISK_FULL, READ_ONLY

LEAST_FREE_BYTES: Final = 16 * 1024 * 1024
"""SQLite's log may grow by a few megabytes before it is folded into the file."""


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def fault_of_writing(database: Database, free_bytes: Callable[[Path], int] = _free_bytes) -> str:
    """Why changes would fail, in one line that says what to do; "" when nothing speaks against them.

    A server's disk cannot be seen from here; what it says when it is full is told when it happens.

    Args:
        database: Which one.
        free_bytes: Tells how much room a folder's disk has.

    Raises:
        DatabaseUnavailable: It cannot be reached.
    """
    file = database.target.file
    if file is None:
        return READ_ONLY if database.read(lambda connection: connection.scalar(text("SELECT @@read_only"))) else ""
    # Beside the file SQLite keeps its log, so the folder must be writable as well.
    if not all(os.access(path, os.W_OK) for path in (file, file.parent)):
        return READ_ONLY
    return DISK_FULL if free_bytes(file.parent) < LEAST_FREE_BYTES else ""
