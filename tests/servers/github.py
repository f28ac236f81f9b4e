"""A local HTTP server in GitHub's place: an API that redirects and a host that has the archives."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


def tar_gz(texts: Mapping[str, str], root: str = "acme-shop-1a2b3c4") -> bytes:
    """An archive as GitHub makes them: everything in one folder."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for path, text in texts.items():
            info = tarfile.TarInfo(f"{root}/{path}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return target.getvalue()


@dataclass
class LocalGithub:
    """What it has and what was asked of it.

    Attributes:
        archives: Path below ``/repos/`` of the API → content.
        status: Answers of the API that are not a redirect: path → status.
        redirect: Where every redirect leads; None: to its own archive host.
        archive_status: Status of the archive host.
        drip: The archive host sends a byte now and then, for ever.
        asked: (path, Authorization header or "") of every request, in order.
    """

    archives: dict[str, bytes] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    redirect: str | None = None
    archive_status: int = 200
    drip: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0
    over: Event = field(default_factory=Event)

    @property
    def api(self) -> str:
        """Origin of the API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def archive_host(self) -> str:
        """Origin of the archive host: the same server under its other name."""
        return f"http://localhost:{self.port}"


@contextmanager
def local_github() -> Iterator[LocalGithub]:
    """Serve until the block ends."""
    github = LocalGithub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            github.asked.append((self.path, self.headers.get("Authorization", "")))
            with suppress(BrokenPipeError, ConnectionResetError):
                _answer(self, github)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    github.port = server.server_port
    # Clients that hang up are what some tests are about.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield github
    finally:
        github.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(handler: BaseHTTPRequestHandler, github: LocalGithub) -> None:
    if handler.path.startswith("/repos/"):
        path = handler.path.removeprefix("/repos/")
        status = github.status.get(path, 302 if path in github.archives else 404)
        where = github.redirect if github.redirect is not None else f"{github.archive_host}/archive/{path}?token=geheim"
        _send(handler, status, b"", {"Location": where} if status == 302 else {})
        return
    content = github.archives.get(handler.path.partition("?")[0].removeprefix("/archive/"), b"")
    if not github.drip:
        _send(handler, github.archive_status, content, {})
        return
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not github.over.is_set():
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.02)


def _send(handler: BaseHTTPRequestHandler, status: int, content: bytes, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
