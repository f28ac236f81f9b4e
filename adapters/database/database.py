"""One database: transactions, retries where they are safe, errors in our own words."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ssl import SSLError
from threading import Lock
from typing import Final, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from adapters.database.engine import READ_ONLY, make_engine, make_place
from adapters.database.faults import CANNOT_OPEN, is_conflict_of_writers, is_lost_connection, translate
from adapters.database.target import DatabaseTarget
from domain.errors import DatabaseUnavailable

Result = TypeVar("Result")
_ATTEMPTS: Final = 4
_PAUSE_SECONDS: Final = 0.02
# A pooled connection that a restarted server dropped fails at once; one that timed out must not be waited for again.
_LOST_QUICKLY_SECONDS: Final = 1.0


class Database:
    """Connections to one database, shared by threads; opens nothing before the first use.

    Args:
        target: Address and waits.
        monotonic: Seconds that only grow.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        target: DatabaseTarget,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.target = target
        self._monotonic = monotonic
        self._sleep = sleep
        self._engine: Engine | None = None
        self._lock = Lock()

    @property
    def engine(self) -> Engine:
        """The engine, made when first asked for: in the process that uses it, as connections survive no fork."""
        with self._lock:
            if self._engine is None:
                self._make_place()
                self._engine = make_engine(self.target, monotonic=self._monotonic, sleep=self._sleep)
            return self._engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end of the block, undone by any error, never retried.

        Raises:
            DatabaseUnavailable: It cannot be reached or used; the message says what to do.
            Conflict: A unique or foreign key stands against it (its cause is SQLAlchemy's IntegrityError).
        """
        with _in_our_words(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads.

        Raises:
            DatabaseUnavailable: It cannot be reached or used; the message says what to do.
        """
        with _in_our_words(), self.engine.connect() as connection:
            yield connection.execution_options(**{READ_ONLY: True})

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """Do idempotent work in a transaction of its own, again when a deadlock or a lost connection undid it.

        Args:
            work: Must be safe to do twice: a connection lost at the commit leaves open whether it was done.

        Raises:
            DatabaseUnavailable: As ``transaction``, after the last attempt.
            Conflict: As ``transaction``.
        """

        def once() -> Result:
            with self.engine.begin() as connection:
                return work(connection)

        return self._retried(once)

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Read in a transaction of its own, again when the connection turns out to be lost.

        Raises:
            DatabaseUnavailable: As ``reading``, after the last attempt.
        """

        def once() -> Result:
            with self.engine.connect() as connection:
                return work(connection.execution_options(**{READ_ONLY: True}))

        return self._retried(once)

    def ping(self) -> None:
        """Ask for an answer.

        Raises:
            DatabaseUnavailable: There is none; the message says what to do.
        """
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _retried(self, once: Callable[[], Result]) -> Result:
        for attempt in range(1, _ATTEMPTS):
            began = self._monotonic()
            try:
                with _in_our_words(leave=DBAPIError):
                    return once()
            except DBAPIError as error:
                quick = self._monotonic() - began < _LOST_QUICKLY_SECONDS
                if not (is_conflict_of_writers(error) or (is_lost_connection(error) and quick)):
                    _raise_translated(error)
            # Two that met in a deadlock must not meet again.
            self._sleep(_PAUSE_SECONDS * 2**attempt * (0.5 + random.random()))  # noqa: S311
        with _in_our_words():
            return once()

    def _make_place(self) -> None:
        if self.target.file is not None:
            try:
                make_place(self.target.file)
            except OSError as error:
                raise DatabaseUnavailable(CANNOT_OPEN) from error


@contextmanager
def _in_our_words(leave: type[SQLAlchemyError] | None = None) -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, SSLError) as error:
        # An authority's file that is no certificate is found by the driver, before there is a connection to fail.
        if leave is not None and isinstance(error, leave):
            raise
        _raise_translated(error)


def _raise_translated(error: SQLAlchemyError | SSLError) -> None:
    translated = translate(error)
    if translated is None:
        raise error
    raise translated from error
