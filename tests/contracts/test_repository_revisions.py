"""Contract of the port RepositoryRevisions: one suite over the fake and git."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from adapters.github.git_revisions import GitRevisions
from domain.errors import NotFound
from domain.ports.repository_revisions import RepositoryRevisions
from tests.fakes.repository_revisions import FakeRepositoryRevisions
from tests.servers.git import commit, need_git

Revisions = Mapping[str, Mapping[str, str]]
SHOP: Revisions = {"v1": {"compose.yml": "services: {}\n"}, "v2": {"compose.yml": "services: {db: {image: redis}}\n"}}


def _fake(folder: Path, revisions: Revisions) -> RepositoryRevisions:
    return FakeRepositoryRevisions({folder: revisions})


def _git(folder: Path, revisions: Revisions) -> RepositoryRevisions:
    need_git()
    for tag, texts in revisions.items():
        commit(folder, texts, tag)
    return GitRevisions()


@pytest.fixture(params=[_fake, _git], ids=["fake", "git"])
def make(request: pytest.FixtureRequest) -> Callable[[Path, Revisions], RepositoryRevisions]:
    return request.param  # type: ignore[no-any-return]


def texts_of(archive: Path) -> dict[str, str]:
    with tarfile.open(archive) as opened:
        files = [member for member in opened if member.isfile()]
        return {member.name.removeprefix("./"): opened.extractfile(member).read().decode() for member in files}  # type: ignore[union-attr]


def test_each_revision_is_as_it_was(make: Callable[[Path, Revisions], RepositoryRevisions], tmp_path: Path) -> None:
    revisions = make(tmp_path, SHOP)
    for ref, texts in SHOP.items():
        with revisions.archived(tmp_path, ref) as archive:
            assert texts_of(archive) == texts
        assert not archive.exists()


def test_a_revision_that_is_not_there_is_named(
    make: Callable[[Path, Revisions], RepositoryRevisions], tmp_path: Path
) -> None:
    revisions = make(tmp_path, SHOP)
    with pytest.raises(NotFound, match="v9"), revisions.archived(tmp_path, "v9"):
        pytest.fail("there is no such revision")


@pytest.mark.parametrize("ref", ["--output=x", "-o", "", "a b", "v1..v2", "v1\n", "$(id)", "v1:compose.yml"])
def test_what_is_no_revision_never_reaches_git(ref: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound), GitRevisions(program="no-such-git").archived(tmp_path, ref):
        pytest.fail("this is no revision")


def test_programs_that_a_repository_names_are_not_run(tmp_path: Path) -> None:
    need_git()
    commit(tmp_path, SHOP["v1"], "v1")
    trap = tmp_path / "ran"
    config = tmp_path / ".git" / "config"
    config.write_text(config.read_text() + f'[core]\n\tfsmonitor = "touch {trap}"\n\thooksPath = {tmp_path}\n')
    with GitRevisions().archived(tmp_path, "v1") as archive:
        assert texts_of(archive) == SHOP["v1"]
    assert not trap.exists()


def test_a_folder_without_git_says_what_to_do(tmp_path: Path) -> None:
    need_git()
    with pytest.raises(NotFound, match="--baseline"), GitRevisions().archived(tmp_path, "main"):
        pytest.fail("there is no repository")
