"""Port: what a repository's files say of the services it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from domain.repository.facts import RunInformation


class RepositoryReader(Protocol):
    """Reads run information; nothing of the repository is executed or unpacked."""

    def read(self, location: Path, *, name: str) -> RunInformation:
        """Facts and findings of a folder or of a ``.zip``, ``.tar``, ``.tar.gz`` or ``.tgz`` archive.

        A file that cannot be parsed is a finding. Links, devices and paths that lead out are skipped, with a finding.

        Args:
            location: Folder or archive file.
            name: The repository's name: what a lone, nameless service is called.

        Raises:
            InvalidData: It is no archive, or larger than allowed in bytes, members, memory or time; the message says
                which limit.
            NotFound: There is nothing at the location.
        """
        ...
