"""Browsers of people, as tests of accounts use them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from litestar import Litestar
from litestar.testing import TestClient
from pyotp import TOTP

from tests.canaries import ENCRYPTION_KEY, PASSWORD

KEYS = f"k1:{ENCRYPTION_KEY}"
COOKIE = "mcp_session"


class Browser:
    """One browser: its cookie, and what our page would send beside it.

    Args:
        client: The service.
    """

    def __init__(self, client: TestClient[Litestar]) -> None:
        self.client = client
        self.cookie: str | None = None
        self.csrf: str | None = None
        self.cookies_set: list[str] = []

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Send a request and keep the session it answers with."""
        self.client.cookies.clear()
        sent = dict(headers)
        if self.cookie is not None:
            sent.setdefault("Cookie", f"{COOKIE}={self.cookie}")
        if self.csrf is not None:
            sent.setdefault("X-CSRF-Token", self.csrf)
        response = self.client.request(method, path, headers=sent, json=body)
        self._keep(response)
        return response

    def log_in(self, login: str = "ada", password: str = PASSWORD) -> Any:
        """With a password."""
        return self.ask("POST", "/auth/login", {"login": login, "password": password})

    def _keep(self, response: Any) -> None:
        told = response.headers.get("set-cookie")
        if told is not None:
            self.cookies_set.append(told)
            self.cookie = told.partition("=")[2].partition(";")[0] or None
            self.csrf = None
        if response.headers.get("content-type", "").startswith("application/json"):
            found = response.json()
            if isinstance(found, dict) and found.get("csrf_token"):
                self.csrf = found["csrf_token"]


def seed_of(otpauth_uri: str) -> str:
    """The base32 seed in an address that authenticators scan."""
    return parse_qs(urlsplit(otpauth_uri).query)["secret"][0]


def code_of(seed: str, moment: datetime) -> str:
    """What an authenticator shows at a moment."""
    return TOTP(seed).at(moment)
