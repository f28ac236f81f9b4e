"""Counting attempts before they are made, so that fifty at once count as fifty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from application.accounts.desk import Desk
from domain.identity.errors import TooManyRequests
from domain.identity.limits import Limit, counted, wait_seconds
from domain.identity.tokens import digest
from domain.ports.account_database import AccountRecords

Counter = tuple[Limit, str]


def reserve(desk: Desk, counters: Sequence[Counter], *, delayed: Limit | None = None) -> None:
    """Count one attempt against each limit, in a transaction of its own.

    Args:
        desk: Records and time.
        counters: Limit and subject, always in the same order.
        delayed: The limit under which failures in a row make the wait grow.

    Raises:
        TooManyRequests: One of them is reached; then none is counted.
    """
    with desk.database.transaction() as records:
        wait = reserve_in(records, desk, counters, delayed=delayed)
    if wait:
        raise TooManyRequests(wait)


def reserve_in(
    records: AccountRecords, desk: Desk, counters: Sequence[Counter], *, delayed: Limit | None = None
) -> float:
    """The same inside a running transaction; returns the seconds to wait, 0 when the attempt was counted."""
    now = desk.now()
    known = [(limit, _key(subject), records.attempts.find(limit.kind, _key(subject))) for limit, subject in counters]
    wait = max(wait_seconds(state, limit, now, delayed=limit is delayed) for limit, _, state in known)
    if not wait:
        for limit, key, state in known:
            records.attempts.save(limit.kind, key, counted(state, limit, now))
    return wait


def forgive(records: AccountRecords, counters: Sequence[Counter], *, forget: bool = False) -> None:
    """Take back what was counted for an attempt that turned out right.

    Args:
        records: The running transaction.
        counters: Limit and subject.
        forget: Whether the whole counter is dropped, as after a log-in.
    """
    for limit, subject in counters:
        key = _key(subject)
        known = records.attempts.find(limit.kind, key)
        if known is None:
            continue
        if forget or known.count <= 1:
            records.attempts.remove(limit.kind, key)
        else:
            records.attempts.save(
                limit.kind, key, replace(known, count=known.count - 1, in_a_row=max(0, known.in_a_row - 1))
            )


def _key(subject: str) -> str:
    """Subjects are kept as digests: what was typed as a name may be a password."""
    return digest(subject)
