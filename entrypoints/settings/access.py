"""Who may ask over HTTP: credentials, hosts, browsers, and how often."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, field_validator
from pydantic_settings import NoDecode

from domain.errors import ConfigurationError
from entrypoints.settings.fields import empty_is_none

Words = Annotated[tuple[str, ...], NoDecode]


class AccessSettings(BaseModel):
    """What the gate before every route asks for."""

    auth: Annotated[Literal["optional", "required"] | None, BeforeValidator(empty_is_none)] = Field(
        None,
        description="Whether requests need credentials: optional, required; "
        "empty: optional on a loopback address, else required",
    )
    public_url: Annotated[str | None, BeforeValidator(empty_is_none)] = Field(
        None,
        max_length=255,
        description="Address of this service as people reach it, for example https://plans.example.org: for links, "
        "cookies and allowed hosts; empty: none",
    )
    allowed_hosts: Words = Field(
        default=(),
        description="Names in Host headers that are answered, by comma, *.example.org for all below; "
        "empty: loopback names on a loopback address, else PUBLIC_URL's, else any",
    )
    cors_origins: Words = Field(
        default=(), description="Origins whose pages may call with an API key, by comma; empty: none"
    )
    trusted_proxies: Words = Field(
        default=(), description="Addresses of proxies whose X-Forwarded-For is believed, by comma"
    )
    public_routes: Words = Field(
        default=(), description="Shown without credentials where they are required, by comma: metrics, schema"
    )
    rate_key_per_minute: int = Field(
        600, ge=1, le=1_000_000, description="Requests of one key or session a minute, where AUTH is required"
    )
    rate_anonymous_per_minute: int = Field(
        60, ge=1, le=1_000_000, description="Requests without credentials of one address a minute, likewise"
    )

    rate_plans_per_minute: int = Field(
        60, ge=1, le=1_000_000, description="Requests for plans and comparisons of one account a minute, likewise"
    )
    rate_analyses_per_hour: int = Field(
        10, ge=1, le=1_000_000, description="Repositories of one account analysed in an hour, likewise"
    )

    def requires_authentication(self, host: str) -> bool:
        """Whether anonymous requests are refused.

        Args:
            host: Address listened on.

        Raises:
            ConfigurationError: AUTH=optional where others can reach the service.
        """
        is_reached = not is_loopback(host) or not is_loopback(urlsplit(self.public_url or "").hostname or "localhost")
        if self.auth == "optional" and is_reached:
            raise ConfigurationError(
                "setting AUTH: optional lets anybody who reaches HOST or PUBLIC_URL plan and read: "
                "use required, or listen on 127.0.0.1 without PUBLIC_URL"
            )
        return self.auth == "required" or is_reached

    @field_validator("allowed_hosts", "cors_origins", "trusted_proxies", "public_routes", mode="before")
    @classmethod
    def _split(cls, raw: object) -> object:
        return tuple(part.strip() for part in raw.split(",") if part.strip()) if isinstance(raw, str) else raw

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str | None) -> str | None:
        if url is None:
            return None
        if not _is_origin(origin_of(url)) or urlsplit(url).query:
            raise ValueError("write http:// or https://, a host, and nothing else but a path")
        return url.rstrip("/")

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        # A star would let every page of the Web use a key that somebody pasted into it.
        if not all(_is_origin(origin) for origin in origins):
            raise ValueError("write origins such as https://plans.example.org, each without a path; no *")
        return origins

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_address(proxy)) for proxy in proxies)

    @field_validator("public_routes")
    @classmethod
    def _check_routes(cls, routes: tuple[str, ...]) -> tuple[str, ...]:
        if not set(routes) <= {"metrics", "schema"}:
            raise ValueError("write metrics, schema, both, or nothing")
        return routes


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address; a name other than localhost might be anything."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """Scheme and host of an address, as browsers name where a page came from."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        whole = f"{parts.scheme}://{parts.netloc}"
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and whole == text and port_is_one and (
        parts.username is None
    )  # fmt: skip
