"""A file that is read once, and again when it changes, without anyone waiting for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

from adapters.history.line_blocks import FileIdentity, identify
from domain.errors import DataSourceUnavailable, InvalidData
from domain.ports.metric_history import SourceStatus

Content = TypeVar("Content")

CHECK_EVERY_SECONDS: Final = 1.0
_REST_FACTOR: Final = 5
"""A file that changes all the time is read for at most about a sixth of the time."""


def run_in_thread(work: Callable[[], None]) -> None:
    """Run ``work`` in a daemon thread of its own."""
    threading.Thread(target=work, name="history-reload", daemon=True).start()


class WatchedFile(Generic[Content]):
    """The content of one file, as last read with success.

    The first reading happens in the caller's thread; later ones in the background, while readers keep what was read
    before. A changed file that is refused leaves the former content in use, and ``status`` tells. Whether the file
    changed (modification time, size, inode) is looked at once a second at most.
    """

    def __init__(
        self,
        path: Path,
        setting: str,
        load: Callable[[Path], Content],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        run_in_background: Callable[[Callable[[], None]], None] = run_in_thread,
    ) -> None:
        """Remember what to read; nothing is read yet.

        Args:
            path: The file.
            setting: Name of the setting that holds the path; messages carry it in place of the path.
            load: Reads the file; raises InvalidData or DataSourceUnavailable.
            monotonic: Seconds that only grow.
            run_in_background: Runs a piece of work without making the caller wait.
        """
        self._path = path
        self._setting = setting
        self._load = load
        self._monotonic = monotonic
        self._run_in_background = run_in_background
        self._loading = threading.Lock()
        self._content: Content | None = None
        self._identity: FileIdentity | None = None
        self._problem = ""
        self._next_look = float("-inf")

    def content(self) -> Content:
        """What the file holds.

        Raises:
            DataSourceUnavailable: It was never read with success.
        """
        # Without a content a caller enters even between two looks: another thread's first reading is waited for.
        if self._content is None or self._monotonic() >= self._next_look:
            self._look()
        content = self._content
        if content is None:
            raise DataSourceUnavailable(f"{self._setting}: {self._problem}")
        return content

    def status(self) -> SourceStatus:
        """``ok``, ``degraded`` when a former content is in use, ``down`` when there is none."""
        try:
            self.content()
        except DataSourceUnavailable as error:
            return SourceStatus(state="down", reason=error.message)
        problem = self.stale_reason
        return SourceStatus(state="degraded", reason=problem) if problem else SourceStatus(state="ok")

    @property
    def stale_reason(self) -> str:
        """Why a former content is in use, or "" when the content is the file's."""
        problem = self._problem
        return f"{self._setting}: {problem}; the content read before is still used" if problem else ""

    def _look(self) -> None:
        """Start a reading when one is due; at most one runs at a time."""
        has_content = self._content is not None
        if not self._loading.acquire(blocking=not has_content):
            return
        must_read = False
        try:
            # While this thread waited, another one may have done the first reading.
            must_read = self._monotonic() >= self._next_look and self._has_changed()
            if must_read and not has_content:
                self._read()
        finally:
            if not (must_read and has_content):
                self._loading.release()
        if must_read and has_content:
            self._run_in_background(self._read_and_release)

    def _has_changed(self) -> bool:
        """Whether the file at the path is not the one last read; a problem found on the way is noted."""
        self._next_look = self._monotonic() + CHECK_EVERY_SECONDS
        try:
            now = identify(self._path)
        except DataSourceUnavailable as error:
            self._problem, self._identity = error.message, None
            return False
        return now != self._identity

    def _read_and_release(self) -> None:
        try:
            self._read()
        finally:
            self._loading.release()

    def _read(self) -> None:
        started = self._monotonic()
        try:
            identity = identify(self._path)
            content = self._load(self._path)
        except InvalidData as error:
            # Reading the same bytes again would not help.
            self._identity, self._problem = identity, error.message
        except DataSourceUnavailable as error:
            self._identity, self._problem = None, error.message
        else:
            # The identity from before the reading: what was written meanwhile is seen as a change next time.
            self._content, self._identity, self._problem = content, identity, ""
        finished = self._monotonic()
        self._next_look = finished + max(CHECK_EVERY_SECONDS, _REST_FACTOR * (finished - started))
