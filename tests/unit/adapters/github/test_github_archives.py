"""GitHub's archives: where the token goes, where redirects may lead, what is too much, too slow or refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.github.github_archives import GithubArchives
from domain.errors import InvalidData, McpCoreError, NotFound, Unavailable
from domain.repository.address import GithubAddress
from tests.canaries import GITHUB_TOKEN
from tests.servers.github import LocalGithub, local_github, tar_gz

SHOP = GithubAddress(owner="acme", name="shop")
PATH = "acme/shop/tarball"


@pytest.fixture
def github() -> Iterator[LocalGithub]:
    with local_github() as github:
        github.archives[PATH] = tar_gz({"Procfile": "web: node server.js\n"})
        yield github


def fetch(github: LocalGithub, **options: object) -> bytes:
    origins = {"api": github.api, "archive_host": github.archive_host, "deadline_seconds": 10.0}
    with GithubArchives(**{**origins, **options}).fetched(SHOP) as path:  # type: ignore[arg-type]
        return path.read_bytes()


def refused(github: LocalGithub, kind: type[McpCoreError], **options: object) -> str:
    with pytest.raises(kind) as caught:
        fetch(github, token=GITHUB_TOKEN, **options)
    chain = f"{caught.value.message} {caught.value!r} {caught.value.__cause__!r}"
    assert GITHUB_TOKEN not in chain
    assert "geheim" not in chain
    return caught.value.message


def test_the_token_goes_to_the_api_and_never_to_the_archive_host(github: LocalGithub) -> None:
    fetch(github, token=GITHUB_TOKEN)
    (asked, token), (_, later) = github.asked
    assert (asked, token, later) == (f"/repos/{PATH}", f"Bearer {GITHUB_TOKEN}", "")


@pytest.mark.parametrize(
    "redirect",
    [
        "", "/archive/x", "//evil.example/x", "http://evil.example/x", "https://codeload.github.com.evil.example/x",
        "http://127.0.0.1:{port}/archive/x", "http://user@localhost:{port}/archive/x", "https://localhost:{port}/x",
        "http://localhost:1/x", "http://localhost:{port}@evil.example/x", "http://localhost:{port}\\@evil.example/x",
        "file:///etc/passwd", "http://[::1]:{port}/x", "http://LOCALHOST:{port}/x", "http://localhost:{port}",
        "http://169.254.169.254/latest", "http://[broken/x", "gopher://localhost:{port}/x",
    ],
)  # fmt: skip
def test_a_redirect_elsewhere_is_not_followed(github: LocalGithub, redirect: str) -> None:
    github.redirect = redirect.replace("{port}", str(github.port))
    assert "not followed" in refused(github, InvalidData)
    assert len(github.asked) == 1


def test_the_archive_host_may_not_redirect_again(github: LocalGithub) -> None:
    github.archive_status = 302
    assert "302" in refused(github, InvalidData)


def test_an_archive_beyond_the_limit_is_cut_off(github: LocalGithub) -> None:
    github.archives[PATH] = b"x" * 2**20
    assert "more than" in refused(github, InvalidData, most_bytes=1000)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        (404, NotFound, "no repository"), (401, NotFound, "no repository"), (451, NotFound, "no repository"),
        (403, Unavailable, "rate limit"), (429, Unavailable, "rate limit"), (500, Unavailable, "failed"),
        (200, InvalidData, "not expected"), (418, InvalidData, "not expected"),
    ],
)  # fmt: skip
def test_what_github_refuses_is_told(github: LocalGithub, status: int, kind: type[McpCoreError], said: str) -> None:
    github.status[PATH] = status
    assert said in refused(github, kind)


def test_without_a_token_the_setting_is_named(github: LocalGithub) -> None:
    github.status[PATH] = 404
    with pytest.raises(NotFound, match="GITHUB_TOKEN"):
        fetch(github)


def test_a_host_that_drips_is_left_at_the_deadline(github: LocalGithub) -> None:
    github.drip = True
    assert "within 0.3 s" in refused(github, Unavailable, deadline_seconds=0.3)


def test_nobody_there_is_unavailable(github: LocalGithub) -> None:
    assert "connection" in refused(github, Unavailable, api="http://127.0.0.1:1")


def test_nothing_is_left_behind(github: LocalGithub, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile
    from pathlib import Path

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    github.archives[PATH] = b"x" * 2000
    refused(github, InvalidData, most_bytes=1000)
    assert list(Path(str(tmp_path)).iterdir()) == []
