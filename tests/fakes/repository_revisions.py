"""Revisions in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from domain.errors import NotFound
from domain.ports.repository_revisions import RepositoryRevisions
from tests.servers.github import tar_gz


class FakeRepositoryRevisions(RepositoryRevisions):
    """Folder → revision → path → text."""

    def __init__(self, folders: Mapping[Path, Mapping[str, Mapping[str, str]]]) -> None:
        self._folders = folders

    @contextmanager
    def archived(self, folder: Path, ref: str) -> Iterator[Path]:
        """See the port."""
        texts = self._folders.get(folder, {}).get(ref)
        if texts is None:
            raise NotFound(f"there is no revision {ref!r} here")
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "revision.tar.gz"
            path.write_bytes(tar_gz(texts, root="."))
            yield path
