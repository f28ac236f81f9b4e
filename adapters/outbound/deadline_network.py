"""Sockets that share one deadline: time limits per read never fire on a server that sends a byte now and then."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import httpcore

# How often an address that answers on neither of its numbers is tried; names have a handful at most.
_MOST_ADDRESSES = 8


class Deadline:
    """A point in time by which everything must be done."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self, error: type[Exception]) -> float:
        """Seconds left, > 0.

        Raises:
            Exception: Of the type given, when there are none.
        """
        seconds = self._at - time.monotonic()
        if seconds <= 0:
            raise error("out of time")
        return seconds


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections of which every step ends by the deadline, the look-up of the name included."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """Connect to the first address of the host that answers; the time limit per step is the deadline's."""
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in self._addresses(host, port):
            left = self._deadline.left(httpcore.ConnectTimeout)
            try:
                stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _DeadlineStream(stream, self._deadline)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        """Look the name up in a thread: the system's resolver takes no time limit."""
        found: SimpleQueue[list[str] | None] = SimpleQueue()

        def look_up() -> None:
            try:
                rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                found.put([str(row[4][0]) for row in rows])
            except (OSError, UnicodeError):
                found.put(None)

        left = self._deadline.left(httpcore.ConnectTimeout)
        Thread(target=look_up, name="name-lookup", daemon=True).start()
        try:
            addresses = found.get(timeout=left)
        except Empty:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        if addresses is None:
            raise httpcore.ConnectError("the name cannot be resolved")
        return addresses[:_MOST_ADDRESSES]


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose every read and write ends by the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout)
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
