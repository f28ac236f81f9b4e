"""Which addresses a webhook may have; checked at start-up, and never repeated in what is said about them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

DISCORD_HOSTS = ("discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com")
DISCORD_PATH = re.compile(r"/api(?:/v\d{1,2})?/webhooks/\d{1,20}/[A-Za-z0-9_-]{1,200}")
_DISCORD_QUERY = re.compile(r"(?:thread_id=\d{1,20})?")
_HOST_ENTRY = re.compile(r"(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?")
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Address:
    scheme: str
    host: str
    port: int
    path: str
    query: str


def parse_allowed_hosts(raw: str) -> tuple[str, ...]:
    """``host[:port]`` separated by commas, lower case.

    Raises:
        ValueError: An entry is no host.
    """
    entries = tuple(part.strip().lower() for part in raw.split(",") if part.strip())
    if any(not _HOST_ENTRY.fullmatch(entry) for entry in entries):
        raise ValueError("write host or host:port, separated by commas, without https:// and without a path")
    return entries


def check_discord_url(url: str, allowed_hosts: Collection[str]) -> None:
    """Accept Discord's webhook addresses, and the same path on hosts the operator named.

    Raises:
        ValueError: The address is none of these; the text says what was expected and never holds the address.
    """
    address = _parsed(url)
    if not _is_named(address, allowed_hosts) and (address.host not in DISCORD_HOSTS or address.port != 443):
        raise ValueError(f"the host must be one of {', '.join(DISCORD_HOSTS)}, or be named in DISCORD_ALLOWED_HOSTS")
    _refuse_plain_http(address)
    if not DISCORD_PATH.fullmatch(address.path) or not _DISCORD_QUERY.fullmatch(address.query):
        raise ValueError("the path must be /api/webhooks/<number>/<token>, as Discord shows it")


def check_receiver_url(url: str) -> None:
    """Accept https, and http on this machine.

    Raises:
        ValueError: As ``check_discord_url``.
    """
    _refuse_plain_http(_parsed(url))


def _parsed(url: str) -> _Address:
    # urlsplit drops line breaks and tabs in silence, and browsers read a backslash as a slash.
    if any(not "!" <= char <= "~" or char == "\\" for char in url):
        raise ValueError("write a plain https:// address without blanks or special characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("this is no address: write https://host/path") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("write a full address that begins with https://")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("the address must hold neither user nor password nor #fragment")
    return _Address(
        scheme=parts.scheme, host=parts.hostname, port=_DEFAULT_PORTS[parts.scheme] if port is None else port,
        path=parts.path, query=parts.query,
    )  # fmt: skip


def _is_named(address: _Address, allowed_hosts: Collection[str]) -> bool:
    host = f"[{address.host}]" if ":" in address.host else address.host
    standard = address.port == _DEFAULT_PORTS[address.scheme]
    return f"{host}:{address.port}" in allowed_hosts or (standard and host in allowed_hosts)


def _refuse_plain_http(address: _Address) -> None:
    if address.scheme == "http" and not _is_loopback(address.host):
        raise ValueError("the address must begin with https://; http is for this machine (127.0.0.1, localhost) only")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
