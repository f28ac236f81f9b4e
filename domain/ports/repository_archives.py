"""Port: where the archive of a repository comes from that is not on this machine."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from domain.repository.address import GithubAddress


class RepositoryArchives(Protocol):
    """Fetches archives; keeps none."""

    def fetched(self, address: GithubAddress) -> AbstractContextManager[Path]:
        """The archive as a file that is there as long as the context is open.

        Raises:
            NotFound: There is no such repository or ref, or it may not be seen.
            InvalidData: It is larger than allowed, or the other side answered what is not expected of it.
            Unavailable: The other side does not answer, refuses for now, or is too slow.
        """
        ...
