"""One POST to an address that is a secret: bounded in time and size, and never told in an error.

It speaks through httpx's own transport, httpcore (decision record 0055): no redirects, no proxies of the environment,
no log line with the address in it.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import httpcore

from adapters.outbound.deadline_network import Deadline, DeadlineBackend

USER_AGENT = "mcp-core-orchestrator"
# What a channel answers fits in far less; the rest is not read.
MOST_ANSWER_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status.
        headers: Lower-case name → value; of several the last.
        body: The first ``MOST_ANSWER_BYTES`` of it; empty where it was cut off.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(Exception):
    """There was none; the text says why, without the address."""


def keep_quiet() -> None:
    """Stop httpcore's debug lines, which show what a server answered: a redirect repeats the address."""
    logging.getLogger("httpcore").setLevel(logging.WARNING)


def post(url: str, content: bytes, headers: Mapping[str, str], *, deadline_seconds: float) -> Answer:
    """Send ``content`` and read the answer, all within the deadline.

    Raises:
        NoAnswer: The other side cannot be reached, is too slow, or speaks no HTTP.
    """
    backend = DeadlineBackend(Deadline(deadline_seconds))
    named = [("User-Agent", USER_AGENT), ("Accept", "application/json"), *headers.items()]
    # A connection for each attempt: alerts are rare, and one kept open may be dead without anybody's noticing.
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_ssl_context(), network_backend=backend, max_connections=1) as pool,
            pool.stream("POST", url, headers=named, content=content) as response,
        ):
            got = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            return Answer(status=response.status, headers=got, body=_some(response))
    except httpcore.TimeoutException:
        raise NoAnswer(f"no answer within {deadline_seconds:g} s") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        raise NoAnswer(_WORDS.get(type(error), "the connection failed")) from None


_WORDS: Mapping[type[Exception], str] = {
    httpcore.ConnectError: "the host cannot be reached, or its certificate is not trusted",
    httpcore.ReadError: "the connection broke while the answer was read",
    httpcore.WriteError: "the connection broke while the message was sent",
    httpcore.RemoteProtocolError: "the connection was closed, or what came back is no HTTP",
}


def _some(response: httpcore.Response) -> bytes:
    """The start of the body. Status and headers are there: a body that breaks off or drips changes nothing."""
    read = b""
    try:
        for chunk in response.iter_stream():
            read += chunk
            if len(read) >= MOST_ANSWER_BYTES:
                break
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        return b""
    return read[:MOST_ANSWER_BYTES]


@cache
def _ssl_context() -> ssl.SSLContext:
    return httpcore.default_ssl_context()
