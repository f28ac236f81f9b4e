"""Plans are taken into memory and stored in batches by one thread; while the store is away they go to disk."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from threading import Condition, Lock, Thread
from typing import Final

from adapters.plans.spool import PlanSpool, Segment
from domain.errors import InvalidData, Unavailable
from domain.plans.records import PlanRecord
from domain.ports.plan_journal import JournalStatus, PlanJournal, PlanMaker
from domain.ports.plan_store import PlanStore

_BATCH: Final = 256
# A batch is gathered for this long: a transaction costs as much for one plan as for a hundred.
_GATHER_SECONDS: Final = 0.1
# How often a store that is away is asked again.
_PROBE_SECONDS: Final = 2.0
# Plans that another process left on disk are noticed within this.
_LOOK_SECONDS: Final = 15.0
_CAPACITY: Final = 8192


class BufferedPlanJournal(PlanJournal):
    """One thread that writes, a bounded queue before it, a bounded spool beside it.

    Args:
        store: Gives where plans belong; asked at each batch, as it may be away at the start.
        spool: Where they wait while the store is away, also across a restart.
        complain: Told in words, once each time, when the store goes away or comes back, or plans are given up.
        capacity: Plans in memory; the thread that brings one more writes the oldest to disk.
        gather_seconds: How long a batch is gathered.
        probe_seconds: How often a store that is away is asked again.
    """

    def __init__(
        self,
        store: Callable[[], PlanStore],
        spool: PlanSpool,
        *,
        complain: Callable[[str], None] = lambda _text: None,
        capacity: int = _CAPACITY,
        gather_seconds: float = _GATHER_SECONDS,
        probe_seconds: float = _PROBE_SECONDS,
    ) -> None:
        self._store = store
        self._spool = spool
        self._on_stored: Callable[[], None] = lambda: None
        self._complain = complain
        self._capacity = capacity
        self._gather_seconds = gather_seconds
        self._probe_seconds = probe_seconds
        self._queue: deque[PlanMaker] = deque()
        self._writing: list[PlanMaker] = []
        self._taken = 0
        self._done = 0
        self._spooled = 0
        self._stored = 0
        self._dropped = 0
        self._problem = ""
        self._probe_at = 0.0
        self._look_at = 0.0
        self._flushing = 0
        self._is_stopping = False
        self._changed = Condition(Lock())
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to write, what an earlier run left on disk first; threads survive no fork. Once is enough."""
        with self._changed:
            if self._thread is None:
                self._is_stopping = False
                self._thread = Thread(target=self._run, name="plan-journal", daemon=True)
                self._thread.start()

    def listen(
        self, *, on_stored: Callable[[], None] | None = None, complain: Callable[[str], None] | None = None
    ) -> None:
        """From now on call something after each batch that was stored, or tell complaints to somebody else."""
        self._on_stored = on_stored or self._on_stored
        self._complain = complain or self._complain

    def record(self, make: PlanMaker) -> None:
        """See the port."""
        with self._changed:
            self._queue.append(make)
            self._taken += 1
            if len(self._queue) in (1, _BATCH):
                self._changed.notify_all()
            spilled = self._take(_BATCH) if len(self._queue) > self._capacity else []
        if self._thread is None:
            self.start()
        if spilled:
            self._to_disk(self._made(spilled))
            with self._changed:
                self._done += len(spilled)

    def status(self) -> JournalStatus:
        """See the port."""
        return JournalStatus(
            waiting=len(self._queue) + len(self._writing), spooled=self._spooled, stored=self._stored,
            dropped=self._dropped, problem=self._problem,
        )  # fmt: skip

    def flush(self, timeout_seconds: float) -> int:
        """See the port."""
        with self._changed:
            until = self._taken
            self._flushing += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._thread is None or self._done >= until, timeout_seconds)
            self._flushing -= 1
            return max(0, until - self._done)

    def stop(self, timeout_seconds: float) -> None:
        """Store what is in memory, or put it on disk when the store does not take it in time."""
        self.flush(timeout_seconds)
        with self._changed:
            self._is_stopping = True
            # A batch whose writing does not end is put on disk as well: storing a plan twice does no harm.
            writing = len(self._writing)
            rest = [*self._writing, *self._queue]
            self._queue.clear()
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if rest:
            self._to_disk(self._made(rest))
        with self._changed:
            # What the thread was writing it counts itself.
            self._done += len(rest) - writing
        if thread is not None:
            thread.join(timeout_seconds)

    def _run(self) -> None:
        self._spool.tidy()
        while not self._is_stopping:
            if time.monotonic() >= self._look_at:
                self._count_spool()
            if self._spooled and time.monotonic() >= self._probe_at:
                self._drain()
            self._write_batch()

    def _write_batch(self) -> None:
        """Gather a batch and store it; on disk when the store is away, or older plans are there before it."""
        with self._changed:
            if not self._queue and not self._is_stopping:
                self._changed.wait(self._probe_seconds if self._spooled else 1.0)
            if self._queue:
                self._changed.wait_for(self._is_enough, self._gather_seconds)
            batch = self._writing = self._take(_BATCH)
        try:
            if batch and self._spooled:
                self._to_disk(self._made(batch))
            elif batch:
                self._save(self._made(batch))
        finally:
            with self._changed:
                self._done += len(batch)
                self._writing = []
                self._changed.notify_all()

    def _is_enough(self) -> bool:
        return self._is_stopping or self._flushing > 0 or len(self._queue) >= _BATCH

    def _take(self, most: int) -> list[PlanMaker]:
        taken = list(islice(self._queue, most))
        for _ in taken:
            self._queue.popleft()
        return taken

    def _made(self, makers: Sequence[PlanMaker]) -> list[PlanRecord]:
        made = []
        for make in makers:
            try:
                made.append(make())
            except Exception as error:  # one plan that cannot be described must not take others with it
                self._give_up(1, f"a plan cannot be written down ({type(error).__name__}): it is given up")
        return made

    def _save(self, batch: Sequence[PlanRecord]) -> None:
        try:
            self._store().save(batch)
        except Unavailable as error:
            self._is_away(error.message)
            self._to_disk(batch)
        except Exception as error:  # one plan that cannot be stored must not take the others with it
            self._save_one_by_one(batch, error)
        else:
            self._are_stored(len(batch))

    def _save_one_by_one(self, batch: Sequence[PlanRecord], error: Exception) -> None:
        if len(batch) == 1:
            self._give_up(1, f"a plan cannot be stored ({type(error).__name__}): it is given up")
            return
        for record in batch:
            self._save([record])

    def _drain(self) -> None:
        """Store what is on disk, oldest first, until it is empty or the store fails."""
        for segment in self._spool.segments():
            if self._is_stopping or not self._drain_segment(segment):
                break
        self._count_spool()

    def _drain_segment(self, segment: Segment) -> bool:
        records: list[PlanRecord] = []
        try:
            records = self._spool.read(segment)
            self._store().save(records)
            self._spool.remove(segment)
        except InvalidData as error:
            self._spool.set_aside(segment)
            self._give_up(segment.plans, f"{error.message}: it is set aside in the spool's folder")
        except Unavailable as error:
            self._is_away(error.message)
            return False
        except OSError as error:
            self._is_away(f"the spool cannot be read: {error.strerror}")
            return False
        except Exception as error:  # as in _save
            if not records:
                # It could not even be read: kept for somebody to look at, never removed.
                self._spool.set_aside(segment)
                self._give_up(segment.plans, f"a spool file cannot be read ({type(error).__name__}): it is set aside")
                return True
            self._save_one_by_one(records, error)
            self._spool.remove(segment)
        else:
            self._are_stored(len(records))
        return True

    def _to_disk(self, records: Sequence[PlanRecord]) -> None:
        try:
            dropped = self._spool.append(records) if records else 0
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            self._give_up(len(records), f"plans are given up, the spool cannot be written: {why}")
            return
        with self._changed:
            self._spooled += len(records) - dropped
        if dropped:
            self._give_up(dropped, f"the spool is full: its {dropped} oldest plans are given up")

    def _count_spool(self) -> None:
        self._look_at = time.monotonic() + _LOOK_SECONDS
        with self._changed:
            self._spooled = sum(segment.plans for segment in self._spool.segments())

    def _is_away(self, why: str) -> None:
        self._probe_at = time.monotonic() + self._probe_seconds
        if not self._problem:
            self._complain(f"plans are kept on disk until the store answers: {why}")
        self._problem = why

    def _are_stored(self, count: int) -> None:
        self._stored += count
        if self._problem:
            self._problem = ""
            self._complain("the store answers again: plans on disk are being stored")
        self._on_stored()

    def _give_up(self, count: int, why: str) -> None:
        with self._changed:
            self._dropped += count
        self._complain(why)
