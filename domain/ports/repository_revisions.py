"""Port: what a working folder held at an earlier revision."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class RepositoryRevisions(Protocol):
    """Reads revisions of a folder under version control; changes nothing and runs nothing of it."""

    def archived(self, folder: Path, ref: str) -> AbstractContextManager[Path]:
        """The folder as it was, as an archive that is there as long as the context is open.

        Args:
            folder: A working folder, or a folder within one: then only that part.
            ref: Branch, tag or commit.

        Raises:
            NotFound: The folder is not under version control, or has no such revision.
            InvalidData: It is larger than an archive may be.
            Unavailable: The tool that reads revisions is missing or takes too long.
        """
        ...
