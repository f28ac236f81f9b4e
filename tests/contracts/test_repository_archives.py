"""Contract of the port RepositoryArchives: one suite over the fake and GitHub's adapter before a local server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest

from adapters.github.github_archives import GithubArchives
from domain.errors import NotFound
from domain.ports.repository_archives import RepositoryArchives
from domain.repository.address import parse_github_address
from tests.fakes.repository_archives import FakeRepositoryArchives
from tests.servers.github import local_github, tar_gz

Make = Callable[[Mapping[str, bytes]], RepositoryArchives]
CONTENT = tar_gz({"Procfile": "web: node server.js\n"})


def _fake() -> Iterator[Make]:
    yield FakeRepositoryArchives


def _github() -> Iterator[Make]:
    with local_github() as github:

        def make(archives: Mapping[str, bytes]) -> RepositoryArchives:
            for text, content in archives.items():
                address = parse_github_address(text)
                ref = f"/{address.ref}" if address.ref else ""
                github.archives[f"{address.owner}/{address.name}/tarball{ref}"] = content
            return GithubArchives(api=github.api, archive_host=github.archive_host, deadline_seconds=10)

        yield make


@pytest.fixture(params=[_fake, _github], ids=["fake", "github"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    yield from request.param()


@pytest.mark.parametrize("address", ["acme/shop", "acme/shop@v1.2", "acme/shop@feature/new"])
def test_the_archive_is_there_as_long_as_it_is_needed(make: Make, address: str) -> None:
    with make({address: CONTENT}).fetched(parse_github_address(address)) as path:
        assert path.read_bytes() == CONTENT
    assert not path.exists()


def test_what_is_not_there_is_not_found_by_its_name(make: Make) -> None:
    with (
        pytest.raises(NotFound, match="acme/other@main"),
        make({"acme/shop": CONTENT}).fetched(parse_github_address("acme/other@main")),
    ):
        pytest.fail("there is nothing to fetch")
