"""Adapter of the port `Mailer`: mail leaves in the background, so that no answer's time tells who has an account."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import structlog

from domain.errors import Unavailable
from domain.ports.mailer import Mail, Mailer

_QUEUE_LENGTH = 1000
_ATTEMPTS = 3
_PAUSE_SECONDS = 2.0
_log = structlog.get_logger("mail")


class QueuedMailer(Mailer):
    """A queue in memory and one thread; what is in it when the process dies is lost, and can be asked for again.

    Args:
        deliver: Hands one mail in; raises `Unavailable` when that failed.
        pause_seconds: Wait before another attempt, doubling.
    """

    def __init__(self, deliver: Callable[[Mail], None], *, pause_seconds: float = _PAUSE_SECONDS) -> None:
        self._deliver = deliver
        self._pause_seconds = pause_seconds
        self._waiting: queue.Queue[Mail | None] = queue.Queue(_QUEUE_LENGTH)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def send(self, mail: Mail) -> None:
        """Queue a mail."""
        try:
            self._waiting.put_nowait(mail)
        except queue.Full:
            _log.error("mail dropped: the queue is full", subject=mail.subject)
            return
        self._start()

    def close(self, timeout_seconds: float = 5.0) -> None:
        """Deliver what is queued, as far as the time allows, and stop."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(timeout_seconds)
            self._stopping.set()

    def _start(self) -> None:
        # At the first mail and not before: threads do not survive the fork of the worker process.
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (mail := self._waiting.get()) is not None:
            self._hand_in(mail)

    def _hand_in(self, mail: Mail) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._deliver(mail)
            except Unavailable as error:
                _log.warning("mail not delivered", subject=mail.subject, attempt=attempt, reason=error.message)
            else:
                return
            if attempt < _ATTEMPTS and self._stopping.wait(self._pause_seconds * 2 ** (attempt - 1)):
                return
        _log.error("mail given up", subject=mail.subject)
