"""From where a request comes."""

from __future__ import annotations

import re
from ipaddress import ip_address

from litestar.types import Scope

from domain.identity.audit import Caller
from entrypoints.http.auth.credentials import Shown

_UNKNOWN = "unknown"
_MAX_AGENT = 200
_MAX_ADDRESS = 64
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")


def client_address(scope: Scope, shown: Shown, trusted_proxies: frozenset[str]) -> str:
    """The client's address: the peer, or what the nearest proxy that is not trusted was called by one that is."""
    client = scope.get("client")
    peer = client[0] if client else _UNKNOWN
    if peer not in trusted_proxies:
        return peer[:_MAX_ADDRESS]
    for hop in reversed([part.strip() for part in shown.forwarded.split(",") if part.strip()]):
        if hop not in trusted_proxies:
            return _address(hop)
    return peer[:_MAX_ADDRESS]


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        return _UNKNOWN


def caller_of(address: str, request_id: str, agent: str) -> Caller:
    """For the audit trail; control characters never reach it."""
    return Caller(address=address, request_id=request_id, agent=_NOT_PLAIN.sub("?", agent)[:_MAX_AGENT])
