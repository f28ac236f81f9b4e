"""Reads run information from texts in memory, by the same readers as the real one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from adapters.manifests.read_files import is_wanted, read_files
from domain.errors import NotFound
from domain.ports.repository_reader import RepositoryReader
from domain.repository.facts import RunInformation


class InMemoryRepositoryReader(RepositoryReader):
    """Location → path → text."""

    def __init__(self, repositories: Mapping[Path, Mapping[str, str]]) -> None:
        self._repositories = repositories

    def read(self, location: Path, *, name: str) -> RunInformation:
        """See the port."""
        texts = self._repositories.get(location)
        if texts is None:
            raise NotFound(f"there is nothing at {location.name!r}")
        return read_files({path: text for path, text in texts.items() if is_wanted(path)}, name)
