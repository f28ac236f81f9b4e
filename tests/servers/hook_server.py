"""A local HTTP server in the place of Discord or another receiver, answering as scripted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

from tests.canaries import DISCORD_TOKEN, leaked

DISCORD_PATH = f"/api/webhooks/123456789/{DISCORD_TOKEN}"


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request: path with query, headers in lower case, body."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return dict(json.loads(self.body))


Answer = Callable[[BaseHTTPRequestHandler, Event], None]


def answering(status: int, body: object = None, **headers: str) -> Answer:
    """A complete answer; ``retry_after`` as keyword becomes the header ``Retry-After``."""

    def answer(handler: BaseHTTPRequestHandler, _over: Event) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def cut(handler: BaseHTTPRequestHandler, _over: Event) -> None:
    """The connection is closed within the status line."""
    handler.wfile.write(b"HTTP/1.1 2")


def cut_body(handler: BaseHTTPRequestHandler, _over: Event) -> None:
    """200, and then less than was promised."""
    handler.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"id":')


def no_http(handler: BaseHTTPRequestHandler, _over: Event) -> None:
    """Something else altogether."""
    handler.wfile.write(b"220 mail.example ESMTP\r\n")


def hang(_handler: BaseHTTPRequestHandler, over: Event) -> None:
    """Nothing, until the server is stopped."""
    over.wait(30)


def drip(handler: BaseHTTPRequestHandler, over: Event) -> None:
    """Headers that never end, a byte every twentieth of a second: no time limit per read ever fires."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while not over.wait(0.05):
        handler.wfile.write(b"a")


def drip_body(handler: BaseHTTPRequestHandler, over: Event) -> None:
    """200, and a body that never ends."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not over.wait(0.05):
        handler.wfile.write(b"a")


def flood(handler: BaseHTTPRequestHandler, over: Event) -> None:
    """200, and a body without end, as fast as it is read."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        handler.wfile.write(b"a" * 65_536)


@dataclass
class HookServer:
    """Answers ``script`` in order, then with 200.

    Attributes:
        received: Every request, in order.
    """

    script: list[Answer] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    port: int = 0
    _lock: Lock = field(default_factory=Lock)
    _over: Event = field(default_factory=Event)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def discord_url(self) -> str:
        return self.origin + DISCORD_PATH

    def will_answer(self, *answers: Answer) -> None:
        with self._lock:
            self.script.extend(answers)

    def take(self, request: Received) -> Answer:
        """Note the request and choose the answer."""
        with self._lock:
            self.received.append(request)
            return self.script.pop(0) if self.script else answering(200, {"id": "1"})


@contextmanager
def hook_server(*script: Answer) -> Iterator[HookServer]:
    """A server on a free port of the loopback interface, with one thread a connection."""
    hooks = HookServer(script=list(script))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = hooks.take(Received(path=self.path, headers=headers, body=self.rfile.read(length)))
            self.close_connection = True
            # The other side gives up on some answers: that is what those tests are about.
            with suppress(OSError):
                answer(self, hooks._over)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hooks.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hooks
    finally:
        hooks._over.set()
        server.shutdown()
        server.server_close()
        thread.join()
    assert not [names for request in hooks.received if (names := leaked(request.body.decode(errors="replace")))]
