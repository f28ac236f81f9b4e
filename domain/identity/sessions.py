"""Sessions of people: how long they live, and how fresh the password is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

STEP_UP = timedelta(minutes=5)
# A log-in that still waits for its second factor.
PENDING_LIFE = timedelta(minutes=5)
# Activity is written at most so often; the idle limit is that much longer at worst.
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session lives.

    Attributes:
        idle: Without any request.
        absolute: In any case.
    """

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in browser.

    Attributes:
        id: Row, safe to show.
        token_hash: SHA-256 of the cookie's token.
        user_id: Whose.
        is_pending: The password was right, the second factor is still asked for; good for nothing else.
        created_at: Moment of the log-in.
        seen_at: Last activity written.
        confirmed_at: When credentials were last given.
        address: Client address at log-in.
        agent: What the browser called itself, cut.
    """

    id: str
    token_hash: str
    user_id: str
    is_pending: bool
    created_at: datetime
    seen_at: datetime
    confirmed_at: datetime
    address: str
    agent: str

    def is_live(self, now: datetime, limits: SessionLimits) -> bool:
        """Whether the session still counts; one from the future (the clock went back) counts as just made."""
        if self.is_pending:
            return now - self.created_at < PENDING_LIFE
        return now - self.seen_at < limits.idle and now - self.created_at < limits.absolute

    def is_fresh(self, now: datetime) -> bool:
        """Whether credentials may be changed without asking for the password again."""
        return now - self.confirmed_at < STEP_UP

    def is_stale_record(self, now: datetime) -> bool:
        """Whether the activity is worth writing."""
        return now - self.seen_at >= TOUCH_EVERY
