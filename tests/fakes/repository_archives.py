"""Archives in memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from domain.errors import McpCoreError, NotFound
from domain.ports.repository_archives import RepositoryArchives
from domain.repository.address import GithubAddress


class FakeRepositoryArchives(RepositoryArchives):
    """``owner/name[@ref]`` → content, or the error to raise."""

    def __init__(self, archives: Mapping[str, bytes | McpCoreError]) -> None:
        self._archives = archives

    @contextmanager
    def fetched(self, address: GithubAddress) -> Iterator[Path]:
        """See the port."""
        found = self._archives.get(str(address), NotFound(f"there is no {address}"))
        if isinstance(found, McpCoreError):
            raise found
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "archive.tar.gz"
            path.write_bytes(found)
            yield path
