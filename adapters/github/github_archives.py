"""Archives through GitHub's API: one request, one redirect to its archive host and nowhere else, within limits."""

from __future__ import annotations

import logging
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import httpcore

from adapters.notifiers.http_post import USER_AGENT
from adapters.outbound.deadline_network import Deadline, DeadlineBackend
from domain.errors import InvalidData, NotFound, Unavailable
from domain.ports.repository_archives import RepositoryArchives
from domain.repository.address import GithubAddress

API: Final = "https://api.github.com"
ARCHIVE_HOST: Final = "https://codeload.github.com"
MOST_BYTES: Final = 50 * 2**20
_REDIRECTS = (301, 302, 303, 307, 308)
_HIDDEN = (401, 404, 451)


@dataclass(frozen=True, slots=True, kw_only=True)
class GithubArchives(RepositoryArchives):
    """Fetches ``.tar.gz`` archives.

    Attributes:
        token: For private repositories and a higher rate; a secret, sent to the API only, never on a redirect.
        deadline_seconds: For everything, name look-up to last byte.
        api: Origin of the API.
        archive_host: The only origin a redirect may lead to.
        most_bytes: Largest archive taken.
    """

    token: str = ""
    deadline_seconds: float = 60.0
    api: str = API
    archive_host: str = ARCHIVE_HOST
    most_bytes: int = MOST_BYTES

    @contextmanager
    def fetched(self, address: GithubAddress) -> Iterator[Path]:
        """See the port."""
        with tempfile.TemporaryDirectory(prefix="mcp-core-") as folder:
            path = Path(folder) / f"{address.name}.tar.gz"
            self._download(address, path)
            yield path

    def _download(self, address: GithubAddress, path: Path) -> None:
        # Its debug lines show the address of a redirect, which for private repositories holds a token.
        logging.getLogger("httpcore").setLevel(logging.WARNING)
        backend = DeadlineBackend(Deadline(self.deadline_seconds))
        try:
            with httpcore.ConnectionPool(ssl_context=_ssl_context(), network_backend=backend) as pool:
                self._save(pool, self._resolve(pool, address), address, path)
        except httpcore.TimeoutException:
            raise Unavailable(f"GitHub did not deliver {address} within {self.deadline_seconds:g} s") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError):
            raise Unavailable(f"the connection to GitHub for {address} failed") from None

    def _resolve(self, pool: httpcore.ConnectionPool, address: GithubAddress) -> str:
        """Ask the API; where its archive host has the archive."""
        ref = f"/{quote(address.ref, safe='/')}" if address.ref else ""
        url = f"{self.api}/repos/{address.owner}/{address.name}/tarball{ref}"
        headers = [("User-Agent", USER_AGENT), ("Accept", "application/vnd.github+json")]
        if self.token:
            headers.append(("Authorization", f"Bearer {self.token}"))
        with pool.stream("GET", url, headers=headers) as response:
            self._refuse(response, address, redirects=True)
            named = {name.lower(): value for name, value in response.headers}
        return self._allowed(named.get(b"location", b"").decode("latin-1"))

    def _allowed(self, location: str) -> str:
        """The redirect's address, if it is on the archive host: same scheme, host and port, no user."""
        try:
            parts = urlsplit(location)
            host = urlsplit(self.archive_host)
            fits = (parts.scheme, parts.netloc) == (host.scheme, host.netloc) and parts.path.startswith("/")
        except ValueError:
            fits = False
        if not fits or any(not 32 < ord(letter) < 127 for letter in location) or "\\" in location:
            raise InvalidData("GitHub's answer led elsewhere than to its archive host, and was not followed")
        return location

    def _save(self, pool: httpcore.ConnectionPool, url: str, address: GithubAddress, path: Path) -> None:
        with pool.stream("GET", url, headers=[("User-Agent", USER_AGENT)]) as response, path.open("wb") as file:
            self._refuse(response, address, redirects=False)
            taken = 0
            for chunk in response.iter_stream():
                taken += len(chunk)
                if taken > self.most_bytes:
                    raise InvalidData(f"the archive of {address} has more than {self.most_bytes // 2**20} MiB")
                file.write(chunk)

    def _refuse(self, response: httpcore.Response, address: GithubAddress, *, redirects: bool) -> None:
        status = response.status
        if status in (_REDIRECTS if redirects else (200,)):
            return
        if status in _HIDDEN:
            hint = "" if self.token else "; a private one needs GITHUB_TOKEN"
            raise NotFound(f"GitHub shows no repository or ref {address}{hint}")
        if status in (403, 429):
            hint = "" if self.token else ": GITHUB_TOKEN raises it"
            raise Unavailable(f"GitHub refuses {address} for now (HTTP {status}), often its rate limit{hint}")
        if status >= 500:
            raise Unavailable(f"GitHub failed (HTTP {status}) on {address}, try again later")
        raise InvalidData(f"GitHub answered HTTP {status} for {address}, which is not expected")


@cache
def _ssl_context() -> ssl.SSLContext:
    return httpcore.default_ssl_context()
