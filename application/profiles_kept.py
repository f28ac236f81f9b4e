"""Profiles of uploaded repositories, kept in memory so that they can be planned."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from application.recent import Recent
from domain.errors import NotFound
from domain.repository.profile import RepositoryProfile

MOST_PROFILES = 256


@dataclass(frozen=True, slots=True)
class _Kept:
    profile: RepositoryProfile
    owner_id: str | None


@dataclass(frozen=True, slots=True)
class ProfilesKept:
    """The newest profiles, each under an id nobody can guess; the archives themselves are not kept."""

    _recent: Recent[str, _Kept] = field(default_factory=lambda: Recent(MOST_PROFILES))

    def keep(self, profile: RepositoryProfile, owner_id: str | None = None) -> str:
        """Keep a profile, somebody's or (None) nobody's; its id."""
        repository_id = secrets.token_urlsafe(16)
        self._recent.put(repository_id, _Kept(profile, owner_id))
        return repository_id

    def find(self, repository_id: str, seen_by: str | None = None) -> RepositoryProfile:
        """The profile.

        Args:
            repository_id: What ``keep`` answered.
            seen_by: Only that person's; None for everybody's.

        Raises:
            NotFound: It was never there, is forgotten, or is somebody else's.
        """
        found = self._recent.get(repository_id)
        if found is None or (seen_by is not None and found.owner_id != seen_by):
            raise NotFound(
                f"no repository of that id: the newest {MOST_PROFILES} are kept, until a restart; upload it again"
            )
        return found.profile
