"""What a request shows: a bearer key or a session's cookie; and how the cookie is set."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.types import Scope

_SECURE_NAME = "__Host-mcp_session"
# Without TLS a browser refuses the prefix; such a service listens on this machine only, or behind a proxy with TLS.
_PLAIN_NAME = "mcp_session"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCookie:
    """The cookie of people's sessions.

    Attributes:
        is_secure: Whether users reach the service over TLS.
    """

    is_secure: bool

    @property
    def name(self) -> str:
        """Its name; the prefix makes browsers take it from this host only."""
        return _SECURE_NAME if self.is_secure else _PLAIN_NAME

    def setting(self, token: str, max_age_seconds: int) -> str:
        """The header's value that sets it."""
        secure = "; Secure" if self.is_secure else ""
        return f"{self.name}={token}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Lax{secure}"

    def removal(self) -> str:
        """The header's value that removes it."""
        return self.setting("", 0)


@dataclass(slots=True)
class Shown:
    """The headers of a request that say who asks and from where."""

    host: str = ""
    authorization: str | None = None
    cookie: str = ""
    origin: str | None = None
    fetch_site: str = ""
    csrf: str = ""
    agent: str = ""
    forwarded: str = ""


_FIELD_OF = {
    b"host": "host", b"authorization": "authorization", b"cookie": "cookie", b"origin": "origin",
    b"sec-fetch-site": "fetch_site", b"x-csrf-token": "csrf", b"user-agent": "agent", b"x-forwarded-for": "forwarded",
}  # fmt: skip


def shown_by(scope: Scope) -> Shown:
    """Read the headers once; of several with one name the last counts, but cookies and hops add up."""
    shown = Shown()
    for name, value in scope["headers"]:
        field = _FIELD_OF.get(name)
        if field == "cookie":
            shown.cookie = f"{shown.cookie}; {value.decode('latin-1')}" if shown.cookie else value.decode("latin-1")
        elif field == "forwarded":
            shown.forwarded += ("," if shown.forwarded else "") + value.decode("latin-1")
        elif field is not None:
            setattr(shown, field, value.decode("latin-1"))
    return shown


def cookie_value(header: str, name: str) -> str | None:
    """A cookie's value; None when it is not there, or twice: one of the two was planted."""
    found = None
    for part in header.split(";"):
        key, sign, value = part.strip().partition("=")
        if sign and key == name:
            if found is not None:
                return None
            found = value
    return found
