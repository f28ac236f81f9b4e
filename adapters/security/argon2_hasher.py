"""Adapter of the port `PasswordHasher`: argon2id in a small pool of its own."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from domain.identity.errors import Busy
from domain.ports.password_hasher import PasswordHasher

_Result = TypeVar("_Result")
# Password checks give way to whatever else wants the processor.
_NICENESS = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Argon2Cost:
    """How slow a hash is: 46 MiB, one pass, one lane by default (OWASP Password Storage)."""

    memory_kib: int = 47_104
    passes: int = 1
    lanes: int = 1


class Argon2Hasher(PasswordHasher):
    """At most one hash for two cores at a time, a short queue, and then no.

    A hash drives 46 MiB through the caches that planning lives on: one a core took a third of its rate, at whatever
    priority; half as many take a tenth.

    Args:
        cost: Parameters of new hashes; a log-in renews older ones.
        workers: Hashes worked out at the same time; 0 for one for two cores.
        queue: How many may wait for a place.
    """

    def __init__(self, *, cost: Argon2Cost | None = None, workers: int = 0, queue: int = 32) -> None:
        cost = cost or Argon2Cost()
        self._argon2 = Argon2(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._workers = workers or max(1, _cores() // 2)
        self._places = threading.BoundedSemaphore(self._workers + queue)
        self._lock = threading.Lock()
        # Made at first use: threads do not survive the fork of the worker process.
        self._pool: ThreadPoolExecutor | None = None
        self._dummy: str | None = None

    def hash(self, password: str) -> str:
        """A salted argon2id hash."""
        return self._in_pool(lambda: self._argon2.hash(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password fits; a dummy hash is checked where there is none."""
        return self._in_pool(lambda: self._verify(password_hash, password))

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters."""
        return self._argon2.check_needs_rehash(password_hash)

    def close(self) -> None:
        """End the pool's threads; a service that is told to stop in a flood of log-ins does not work it off first."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)
                self._pool = None

    def _verify(self, password_hash: str | None, password: str) -> bool:
        if password_hash:
            try:
                return self._argon2.verify(password_hash, password)
            except VerifyMismatchError:
                return False
            except (InvalidHashError, VerificationError):
                # Not a hash at all, an erased account's: it must take as long as any other.
                self._verify_dummy(password)
                return False
        self._verify_dummy(password)
        return False

    def _verify_dummy(self, password: str) -> None:
        if self._dummy is None:
            self._dummy = self._argon2.hash("nobody's password")
        try:
            self._argon2.verify(self._dummy, password)
        except VerifyMismatchError:
            return

    def _in_pool(self, work: Callable[[], _Result]) -> _Result:
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            return self._threads().submit(work).result()
        except CancelledError:
            raise Busy from None
        finally:
            self._places.release()

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="argon2", initializer=_give_way)
            return self._pool


def _cores() -> int:
    """Cores this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _give_way() -> None:
    """Lower this thread's priority where threads have one of their own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
