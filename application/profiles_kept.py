"""Profiles of uploaded repositories, kept in memory so that they can be planned."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from application.recent import Recent
from domain.errors import NotFound
from domain.repository.profile import RepositoryProfile

MOST_PROFILES = 256


@dataclass(frozen=True, slots=True)
class ProfilesKept:
    """The newest profiles, each under an id nobody can guess; the archives themselves are not kept."""

    _recent: Recent[str, RepositoryProfile] = field(default_factory=lambda: Recent(MOST_PROFILES))

    def keep(self, profile: RepositoryProfile) -> str:
        """Keep a profile; its id."""
        repository_id = secrets.token_urlsafe(16)
        self._recent.put(repository_id, profile)
        return repository_id

    def find(self, repository_id: str) -> RepositoryProfile:
        """The profile.

        Raises:
            NotFound: It was never there, or is forgotten.
        """
        found = self._recent.get(repository_id)
        if found is None:
            raise NotFound(
                f"no repository of that id: the newest {MOST_PROFILES} are kept, until a restart; upload it again"
            )
        return found
