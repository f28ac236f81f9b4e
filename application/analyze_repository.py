"""Analyse a repository: which services it runs, and what its files say of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from domain.ports.repository_archives import RepositoryArchives
from domain.ports.repository_reader import RepositoryReader
from domain.repository.address import GithubAddress
from domain.repository.profile import RepositoryProfile
from domain.repository.profiles_of import build_profiles

_ARCHIVE_ENDINGS = (".tar.gz", ".tgz", ".tar", ".zip")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzeRepository:
    """From a folder or an archive to one profile per service, each fact with its file and line."""

    reader: RepositoryReader

    def __call__(self, location: Path, name: str = "") -> RepositoryProfile:
        """Read and profile; nothing of the repository is executed.

        Args:
            location: Folder, archive, or one file by itself.
            name: What a lone, nameless service is called; the location's own name by default.

        Raises:
            InvalidData: It is none of these, or larger than allowed.
            NotFound: There is nothing at the location.
        """
        is_one_file = location.is_file() and not location.name.lower().endswith(_ARCHIVE_ENDINGS)
        called = name or repository_name(location.absolute().parent if is_one_file else location)
        return build_profiles(self.reader.read(location, name=called), called)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyzeRemoteRepository:
    """The same for a repository that is fetched first."""

    archives: RepositoryArchives
    analyze: AnalyzeRepository

    def __call__(self, address: GithubAddress) -> RepositoryProfile:
        """Fetch, read, profile; the archive is gone afterwards.

        Raises:
            McpCoreError: As the port RepositoryArchives, and as AnalyzeRepository.
        """
        with self.archives.fetched(address) as path:
            return self.analyze(path, name=address.name)


def repository_name(location: Path) -> str:
    """The folder's or archive's own name: what a lone, nameless service is called."""
    name = location.absolute().name
    ending = next((ending for ending in _ARCHIVE_ENDINGS if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)] or "repository"
