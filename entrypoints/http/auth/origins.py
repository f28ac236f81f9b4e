"""Requests of browsers: is it our own page that sends them?"""

from __future__ import annotations

from dataclasses import dataclass

from domain.identity.errors import CrossSiteRefused
from domain.identity.tokens import csrf_token, same
from entrypoints.http.auth.credentials import Shown

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED = "the request comes from a page of another site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Whose pages may send requests.

    Attributes:
        allowed: Origins such as https://plans.example.org: our own address and those of CORS_ORIGINS.
    """

    allowed: frozenset[str]

    def refuse_foreign(self, shown: Shown) -> None:
        """Refuse what a browser says comes from elsewhere; programs send neither header.

        Raises:
            CrossSiteRefused: It comes from another site.
        """
        if shown.origin is None:
            if shown.fetch_site not in ("", "same-origin", "none"):
                raise CrossSiteRefused(_REFUSED)
            return
        if shown.origin not in self.allowed and not _is_own(shown):
            raise CrossSiteRefused(_REFUSED)


def _is_own(shown: Shown) -> bool:
    """Whether the origin is the host the request went to, under either scheme: TLS may end at a proxy."""
    return shown.host != "" and shown.origin in (f"http://{shown.host}", f"https://{shown.host}")


def refuse_without_token(shown: Shown, session_token: str) -> None:
    """A request with a cookie must also send what only our own page can know.

    Raises:
        CrossSiteRefused: The header is missing or wrong.
    """
    if not same(shown.csrf, csrf_token(session_token)):
        raise CrossSiteRefused("send the session's csrf_token as X-CSRF-Token; GET /account has it")
