"""Limits on guessing: counters of attempts, and how long to wait after too many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# From this failure in a row on, each doubles the wait; the last wait is a quarter of an hour.
DELAY_FROM = 5
LONGEST_DELAY = timedelta(minutes=15)
# After so many failures in a row only a mailed reset opens the account (NIST SP 800-63B, 5.2.2).
LOCK_AFTER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many attempts in a time.

    Attributes:
        kind: What is counted; part of the counter's key.
        allowed: Attempts in one window.
        window: Length of the window.
    """

    kind: str
    allowed: int
    window: timedelta


LOGIN_ACCOUNT = Limit(kind="login:account", allowed=10, window=timedelta(minutes=5))
LOGIN_ADDRESS = Limit(kind="login:address", allowed=10, window=timedelta(minutes=5))
LOGIN_GLOBAL = Limit(kind="login:global", allowed=1000, window=timedelta(minutes=5))
SECOND_FACTOR = (
    Limit(kind="factor:5m", allowed=5, window=timedelta(minutes=5)),
    Limit(kind="factor:1h", allowed=20, window=timedelta(hours=1)),
    Limit(kind="factor:1d", allowed=50, window=timedelta(days=1)),
)
RESET_MAIL = Limit(kind="mail:reset", allowed=5, window=timedelta(days=1))
VERIFY_MAIL = Limit(kind="mail:verify", allowed=3, window=timedelta(hours=6))
MAIL_ADDRESS = Limit(kind="mail:address", allowed=20, window=timedelta(hours=1))
MAIL_GLOBAL = Limit(kind="mail:global", allowed=1000, window=timedelta(hours=1))
# Names that may be tried by sharing with them.
SHARE_ACCOUNT = Limit(kind="share:account", allowed=100, window=timedelta(hours=1))
TOKEN_ADDRESS = Limit(kind="token:address", allowed=30, window=timedelta(minutes=5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What one counter holds.

    Attributes:
        window_start: Start of the running window.
        count: Attempts in it.
        in_a_row: Failures since the last success.
        last_at: Moment of the newest attempt.
    """

    window_start: datetime
    count: int = 0
    in_a_row: int = 0
    last_at: datetime | None = None


def wait_seconds(known: Attempts | None, limit: Limit, now: datetime, *, delayed: bool = False) -> float:
    """Seconds until another attempt is allowed; 0 for at once.

    Args:
        known: The counter; None where nothing was counted yet.
        limit: The limit.
        now: Present moment.
        delayed: Whether failures in a row make the wait grow.
    """
    if known is None:
        return 0.0
    waits = [0.0]
    if _in_window(known, limit, now) and known.count >= limit.allowed:
        waits.append((known.window_start + limit.window - now).total_seconds())
    if delayed and known.last_at is not None:
        waits.append((known.last_at + delay_after(known.in_a_row) - now).total_seconds())
    # A clock set back must not lock anybody out for longer than the limit itself would.
    return min(max(waits), max(limit.window, LONGEST_DELAY).total_seconds())


def delay_after(in_a_row: int) -> timedelta:
    """The wait after so many failures in a row: none, then 1 s doubling up to a quarter of an hour."""
    if in_a_row < DELAY_FROM:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(in_a_row - DELAY_FROM, 20)), LONGEST_DELAY)


def counted(known: Attempts | None, limit: Limit, now: datetime) -> Attempts:
    """The counter after one more attempt, which counts as a failure until it succeeds."""
    if known is None:
        return Attempts(window_start=now, count=1, in_a_row=1, last_at=now)
    if _in_window(known, limit, now):
        return replace(known, count=known.count + 1, in_a_row=known.in_a_row + 1, last_at=now)
    return Attempts(window_start=now, count=1, in_a_row=known.in_a_row + 1, last_at=now)


def _in_window(known: Attempts, limit: Limit, now: datetime) -> bool:
    return abs(now - known.window_start) < limit.window
