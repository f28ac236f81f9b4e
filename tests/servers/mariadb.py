"""A private MariaDB server on a free port, with a data directory of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql
import pytest

_READY_SECONDS = 30.0
_STOP_SECONDS = 20.0
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


class MariaDb:
    """A running server whose administrator is ``root`` without a password.

    Args:
        port: On 127.0.0.1.
        folder: Holds its data and its log.
        options: Further options of the server.
    """

    host = "127.0.0.1"
    user = "root"

    def __init__(self, port: int, folder: Path, options: tuple[str, ...] = ()) -> None:
        self.port = port
        self.folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, or start again with the same data, and wait until it answers."""
        command = [
            _program("mariadbd"), "--no-defaults", f"--datadir={self.folder / 'data'}", f"--port={self.port}",
            f"--bind-address={self.host}", f"--socket={self.folder / 'db.sock'}",
            f"--pid-file={self.folder / 'db.pid'}",
            "--skip-name-resolve", "--local-infile=1", "--innodb-flush-log-at-trx-commit=2", *self._options,
        ]  # fmt: skip
        if os.geteuid() == 0:
            command.append("--user=root")
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"MariaDB does not start: {(self.folder / 'server.log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Let it finish and end."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """End it without notice, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def connect(self, database: str | None = None) -> pymysql.Connection:
        """A plain connection of the administrator."""
        return pymysql.connect(
            host=self.host, port=self.port, user=self.user, database=database, autocommit=True, connect_timeout=5,
            charset="utf8mb4", local_infile=True,
        )  # fmt: skip

    def execute(self, *statements: str, database: str | None = None) -> list[tuple]:
        """Run statements as the administrator; the rows of the last one."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def url(self, database: str) -> str:
        """As DATABASE_URL would name it."""
        return f"mysql://{self.user}@{self.host}:{self.port}/{database}"

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except pymysql.MySQLError:
            return False
        return True


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise FileNotFoundError(name)
    return found


def require_mariadb() -> None:
    """Skip, saying so, where MariaDB is not installed; fail where everything has to be tested."""
    if shutil.which("mariadbd", path=_PATH) and shutil.which("mariadb-install-db", path=_PATH):
        return
    message = "MariaDB (mariadbd, mariadb-install-db) is not installed: `make servers`"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def running_mariadb(*options: str) -> Iterator[MariaDb]:
    """A server with a fresh data directory, gone afterwards.

    Args:
        options: Further options of the server.
    """
    # A short path: the name of a Unix socket ends at 107 characters.
    with tempfile.TemporaryDirectory(prefix="mcp-db-") as name:
        folder = Path(name)
        command = [
            _program("mariadb-install-db"), "--no-defaults", f"--datadir={folder / 'data'}",
            "--auth-root-authentication-method=normal", "--skip-test-db",
        ]  # fmt: skip
        if os.geteuid() == 0:
            command.append("--user=root")
        subprocess.run(command, check=True, capture_output=True, timeout=120, env={**os.environ, "PATH": _PATH})
        server = MariaDb(_free_port(), folder, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
