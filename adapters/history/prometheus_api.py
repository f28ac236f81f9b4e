"""Prometheus' HTTP API, the little of it that histories need, bounded in time and bytes."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

import httpcore
import msgspec

from adapters.history.prometheus_answers import LabelValues, QueryRefused, RangeAnswer, refusal
from adapters.outbound.deadline_network import Deadline, DeadlineBackend
from domain.errors import DataSourceUnavailable

MAX_BYTES: Final = 8 * 1024 * 1024
_OK: Final = 200

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusAccess:
    """Where Prometheus is and who asks.

    Attributes:
        url: http or https, with a path when it lives under one.
        authorization: Value of the header, or None.
        timeout_seconds: Of any one of our questions, all its requests together.
    """

    url: str
    authorization: str | None = None
    timeout_seconds: float = 8.0

    def __repr__(self) -> str:
        """Without the credentials."""
        return f"PrometheusAccess(url={self.url!r})"


def bearer(token: str) -> str:
    """The header of a bearer token."""
    return f"Bearer {token}"


def basic(user: str, password: str) -> str:
    """The header of a user and password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


@contextmanager
def asking(access: PrometheusAccess) -> Iterator[PrometheusQuestion]:
    """One question of any number of requests, over one connection and under one deadline.

    A connection kept from one question to the next may be dead without anybody's noticing; one for each question costs
    a round trip where dozens of milliseconds are spent on the queries. No redirect is followed and no proxy is read
    from the environment.
    """
    deadline = Deadline(access.timeout_seconds)
    context = _ssl_context() if access.url.startswith("https:") else None
    with httpcore.ConnectionPool(
        ssl_context=context, max_connections=1, network_backend=DeadlineBackend(deadline)
    ) as pool:
        yield PrometheusQuestion(access, pool, deadline)


class PrometheusQuestion:
    """Requests that share a connection and a deadline. Every method raises the same two errors.

    ``QueryRefused``: the query is wrong or its answer too large. ``DataSourceUnavailable``: there is no answer.
    """

    def __init__(self, access: PrometheusAccess, pool: httpcore.ConnectionPool, deadline: Deadline) -> None:
        self._access = access
        self._pool = pool
        self._deadline = deadline

    def query_range(self, promql: str, first_ms: int, last_ms: int, step_seconds: int) -> RangeAnswer:
        """Evaluate a query at ``first_ms``, one step later, … until ``last_ms`` (milliseconds since 1970)."""
        form = {"query": promql, "start": _seconds(first_ms), "end": _seconds(last_ms), "step": str(step_seconds)}
        return _decode(self._ask("/api/v1/query_range", form), RangeAnswer)

    def label_values(self, label: str, selector: str, first_ms: int, last_ms: int) -> list[str]:
        """The values of a label among the series of a selector."""
        query = urlencode({"match[]": selector, "start": _seconds(first_ms), "end": _seconds(last_ms)})
        return _decode(self._ask(f"/api/v1/label/{quote(label, safe='')}/values?{query}"), LabelValues).data

    def check(self, promql: str) -> None:
        """See that a query can be evaluated at all."""
        self._ask("/api/v1/query", {"query": promql})

    def _ask(self, path: str, form: Mapping[str, str] | None = None) -> bytes:
        try:
            status, body = self._send(path, form)
        except httpcore.TimeoutException as error:
            limit = f"{self._access.timeout_seconds:g} seconds (PROMETHEUS_TIMEOUT_SECONDS)"
            raise DataSourceUnavailable(f"Prometheus did not answer within {limit}") from error
        except httpcore.ConnectError as error:
            text = "Prometheus cannot be reached: check that it runs, PROMETHEUS_URL and, with https, its certificate"
            raise DataSourceUnavailable(text) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
            raise DataSourceUnavailable("Prometheus broke off its answer, or does not speak HTTP") from error
        if status != _OK:
            raise refusal(status, body)
        return body

    def _send(self, path: str, form: Mapping[str, str] | None) -> tuple[int, bytes]:
        headers: dict[bytes | str, bytes | str] = {"Accept": "application/json", "User-Agent": "mcp-core-orchestrator"}
        if self._access.authorization:
            headers["Authorization"] = self._access.authorization
        content = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            # Prometheus gives up by itself when nobody waits any more.
            left_ms = int(self._deadline.left(httpcore.ReadTimeout) * 1000) + 1
            content = urlencode({**form, "timeout": f"{left_ms}ms"}).encode("ascii")
        method, url = "GET" if form is None else "POST", self._access.url.rstrip("/") + path
        with self._pool.stream(method, url, headers=headers, content=content) as response:
            return response.status, _read(response)


def _read(response: httpcore.Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_stream():
        size += len(part)
        if size > MAX_BYTES:
            raise QueryRefused(f"its answer is larger than {MAX_BYTES // 1024**2} MiB: aggregate it to one series")
        parts.append(part)
    return b"".join(parts)


@cache
def _ssl_context() -> ssl.SSLContext:
    return httpcore.default_ssl_context()


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def _decode(body: bytes, kind: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        text = "what answers at PROMETHEUS_URL is not Prometheus' API: check the address and its path"
        raise DataSourceUnavailable(text) from error
