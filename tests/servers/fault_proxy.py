"""A TCP proxy that fails as networks and servers do: in front of a real server, switched while connections are open."""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from threading import Condition, Thread

_TICK_SECONDS = 0.02
_CHUNK = 65_536
_SLOW_BYTES_PER_SECOND = 1000
_LATE_SECONDS = 0.2
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_JOIN_SECONDS = 10.0


class Fault(StrEnum):
    """What is wrong with the way to the server."""

    NONE = "none"
    REFUSE = "refuse"
    HANG = "hang"
    RESET = "reset"
    CUT = "cut"
    SLOW = "slow"
    LATE = "late"


class FaultProxy:
    """Passes everything on, until it is told to fail.

    ``refuse``: nobody listens, open connections are reset. ``hang``: connections are taken and nothing passes, until it
    heals. ``reset``: every connection is reset. ``cut``: half of a reply, then the end. ``slow``: replies at 1 kB/s.
    ``late``: everything 200 ms later.

    Args:
        server_port: Port on 127.0.0.1 of what it stands before.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._fault = Fault.NONE
        self._changed = Condition()
        self._over = False
        self._listener: socket.socket | None = None
        self._open = 0
        self._threads: list[Thread] = []
        self.port = 0
        self._listen()
        self._start(self._accept)

    def fail(self, fault: Fault) -> None:
        """Be this faulty from now on, for open connections as well."""
        with self._changed:
            self._fault = fault
            if fault is Fault.REFUSE and self._listener is not None:
                self._listener.close()
                self._listener = None
            self._changed.notify_all()
        if fault is not Fault.REFUSE and self._listener is None:
            self._listen()

    def heal(self) -> None:
        """Pass everything on again."""
        self.fail(Fault.NONE)

    def close(self) -> None:
        """End all connections and threads."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
            if self._listener is not None:
                self._listener.close()
        for thread in list(self._threads):
            thread.join(_JOIN_SECONDS)

    @property
    def connections(self) -> int:
        """Client connections open at the moment."""
        with self._changed:
            return self._open

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(128)
        self.port = listener.getsockname()[1]
        self._listener = listener

    def _start(self, work: object, *args: object) -> None:
        thread = Thread(target=work, args=args, name="fault-proxy", daemon=True)  # type: ignore[arg-type]
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _accept(self) -> None:
        while not self._over:
            listener = self._listener
            try:
                if listener is None or not select.select([listener], [], [], _TICK_SECONDS)[0]:
                    time.sleep(_TICK_SECONDS if listener is None else 0)
                    continue
                client = listener.accept()[0]
            except (OSError, ValueError):
                continue  # closed meanwhile
            with self._changed:
                self._open += 1
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            self._pass_on(client)
            if self._fault in (Fault.REFUSE, Fault.RESET):
                # Closed so, the other side sees a reset and no orderly end.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        with self._changed:
            self._open -= 1

    def _pass_on(self, client: socket.socket) -> None:
        """Both ways in one thread, until either side or the proxy ends it."""
        if self._state() is Fault.RESET:
            return
        with socket.create_connection(("127.0.0.1", self._server_port), timeout=_JOIN_SECONDS) as server:
            while not self._over:
                readable = select.select([client, server], [], [], _TICK_SECONDS)[0]
                fault = self._state()
                if fault in (Fault.REFUSE, Fault.RESET):
                    return
                for source in readable:
                    data = source.recv(_CHUNK)
                    if not data:
                        return
                    if fault is Fault.LATE:
                        time.sleep(_LATE_SECONDS)
                    if source is client:
                        server.sendall(data)
                    elif fault is Fault.CUT:
                        client.sendall(data[: len(data) // 2])
                        return
                    elif fault is Fault.SLOW:
                        self._drip(client, data)
                    else:
                        client.sendall(data)

    def _state(self) -> Fault:
        """What is wrong now; while everything hangs, waits until it does not."""
        with self._changed:
            while self._fault is Fault.HANG and not self._over:
                self._changed.wait(1.0)
            return self._fault

    def _drip(self, client: socket.socket, data: bytes) -> None:
        step = int(_SLOW_BYTES_PER_SECOND * _TICK_SECONDS)
        for begin in range(0, len(data), step):
            if self._over or self._state() is not Fault.SLOW:
                client.sendall(data[begin:])
                return
            client.sendall(data[begin : begin + step])
            time.sleep(_TICK_SECONDS)


@contextmanager
def fault_proxy(server_port: int) -> Iterator[FaultProxy]:
    """A proxy before a server, closed afterwards."""
    proxy = FaultProxy(server_port)
    try:
        yield proxy
    finally:
        proxy.close()
