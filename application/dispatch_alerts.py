"""Deliver alerts in the background: one thread a channel, so that a channel that hangs holds up no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread

from application.deliver_alert import Attempt, DeliverAlert
from domain.alerts.delivery import Outcome
from domain.errors import Unavailable
from domain.ports.alert_outbox import AlertOutbox
from domain.ports.notifier import Notifier

# Other processes' alerts, ends of waits and of leases are noticed within this; own alerts wake the threads at once.
_IDLE_SECONDS = 1.0
_LEAST_IDLE_SECONDS = 0.2
_OUTBOX_AWAY_SECONDS = 2.0
_FLUSH_LOOK_SECONDS = 0.05
# A channel that asks for a pause gets it, but is looked at again within an hour whatever it asked for.
_LONGEST_PAUSE_SECONDS = 3600.0


class DispatchAlerts:
    """The dispatcher of one process. Several processes share the work through the outbox.

    Args:
        deliver: Gives what delivers one alert; asked at each attempt, as the database may be away at the start.
        outbox: Gives the outbox, for waiting until it is empty.
        notifiers: The channels.
        observe: Told of every attempt.
        complain: Told in words when the outbox cannot be reached, once per time it is away.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self,
        *,
        deliver: Callable[[], DeliverAlert],
        outbox: Callable[[], AlertOutbox],
        notifiers: Sequence[Notifier],
        observe: Callable[[Attempt], None],
        complain: Callable[[str], None],
        monotonic: Callable[[], float],
    ) -> None:
        self._deliver = deliver
        self._outbox = outbox
        self._notifiers = tuple(notifiers)
        self._observe = observe
        self._complain = complain
        self._monotonic = monotonic
        self._stopping = Event()
        self._bells = {notifier.name: Event() for notifier in notifiers}
        self._threads: list[Thread] = []
        self._lock = Lock()

    def start(self) -> None:
        """Begin to deliver; threads survive no fork, so in the process that is to deliver. Once is enough."""
        with self._lock:
            if self._threads:
                return
            self._stopping.clear()
            for notifier in self._notifiers:
                thread = Thread(target=self._run, args=(notifier,), name=f"alerts-{notifier.name}", daemon=True)
                self._threads.append(thread)
                thread.start()

    def wake(self) -> None:
        """There may be new alerts."""
        for bell in self._bells.values():
            bell.set()

    def flush(self, timeout_seconds: float) -> int:
        """Wait until every alert of these channels is delivered or given up; returns how many are left.

        Raises:
            DatabaseUnavailable: The outbox cannot be read.
        """
        until = self._monotonic() + timeout_seconds
        self.wake()
        while left := self._left():
            if self._monotonic() >= until or self._stopping.wait(_FLUSH_LOOK_SECONDS):
                break
        return left

    def stop(self, timeout_seconds: float) -> None:
        """Begin nothing new and wait for what is under way; what is not done by then is taken up after its lease."""
        self._stopping.set()
        self.wake()
        until = self._monotonic() + timeout_seconds
        with self._lock:
            for thread in self._threads:
                thread.join(max(0.0, until - self._monotonic()))
            self._threads = []

    def _left(self) -> int:
        pending = self._outbox().status().pending
        return sum(count for channel, count in pending.items() if channel in self._bells)

    def _run(self, notifier: Notifier) -> None:
        bell = self._bells[notifier.name]
        is_away = False
        while not self._stopping.is_set():
            bell.clear()
            try:
                attempt = self._deliver()(notifier)
            except Unavailable as error:
                if not is_away:
                    self._complain(error.message)
                is_away = True
                self._stopping.wait(_OUTBOX_AWAY_SECONDS)
                continue
            is_away = False
            if attempt is None:
                # Under load the bell rings with every batch of plans; looking costs a transaction.
                self._stopping.wait(_LEAST_IDLE_SECONDS)
                bell.wait(_IDLE_SECONDS)
                continue
            self._observe(attempt)
            self._stopping.wait(_pause_seconds(attempt))


def _pause_seconds(attempt: Attempt) -> float:
    """What one message was told to wait, the next would be told too; a channel that is disabled is left in peace."""
    if attempt.delivery.outcome is Outcome.DISABLED:
        return _IDLE_SECONDS
    return min(attempt.delivery.retry_after_seconds or 0.0, _LONGEST_PAUSE_SECONDS)
