"""20,000 members are read, one more is refused with the limit named, in the process that a user's archive meets."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.manifests.isolated_reader import IsolatedRepositoryReader
from adapters.manifests.members import MAX_MEMBERS
from benchmarks.repositories import members, tar_gz, zipped
from domain.errors import InvalidData
from domain.repository.facts import FactName


@pytest.mark.parametrize("pack", [tar_gz, zipped])
def test_twenty_thousand_members_are_read_whole(pack: object, tmp_path: Path) -> None:
    archive = pack(tmp_path / "repo", members(MAX_MEMBERS))  # type: ignore[operator]
    found = IsolatedRepositoryReader().read(archive, name="repo")
    assert len(found.files_read) == 200
    assert sum(fact.name is FactName.MEMORY_LIMIT for fact in found.facts) == 200
    assert not found.findings


@pytest.mark.parametrize("pack", [tar_gz, zipped])
def test_one_member_more_is_refused_and_the_limit_named(pack: object, tmp_path: Path) -> None:
    archive = pack(tmp_path / "repo", members(MAX_MEMBERS + 1))  # type: ignore[operator]
    with pytest.raises(InvalidData, match="more than 20000 members"):
        IsolatedRepositoryReader().read(archive, name="repo")
