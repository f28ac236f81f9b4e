"""What is whose and shared with whom, remembered for a few seconds, so that planning asks no database for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from application.accounts.authenticate import REMEMBERED, TRUSTED_WITHOUT_DATABASE
from domain.errors import Unavailable
from domain.identity.errors import ServiceNotFound
from domain.identity.sharing import Grants, grants_of
from domain.ports.account_database import AccountDatabase
from domain.ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    grants: Grants
    at: datetime
    until: datetime


class KnownGrants:
    """Owners and shares as they were at most five seconds ago: so long a share that was ended still opens something.

    While the database does not answer, what was read within five minutes still counts, as keys do. A viewer of None
    sees everything, without a look at the database.

    Args:
        database: Where they are kept.
        clock: Time.
        histories_are_owned: Whether histories are sent to this service; those from elsewhere are the operator's.
    """

    def __init__(self, database: AccountDatabase, clock: Clock, *, histories_are_owned: bool) -> None:
        self._database = database
        self._clock = clock
        self._histories_are_owned = histories_are_owned
        self._read: _Read | None = None
        self._lock = Lock()

    def shows_history(self, service_id: str, viewer_id: str | None) -> bool:
        """Whether somebody sees, and may plan from, a service's history.

        Raises:
            Unavailable: The database does not answer, and nothing was read within the last minutes.
        """
        if viewer_id is None or not self._histories_are_owned:
            return True
        return self.present().shows_history(service_id, viewer_id)

    def check_history(self, service_id: str, viewer_id: str | None) -> None:
        """Let somebody plan a service.

        Raises:
            ServiceNotFound: Its history is somebody else's and not shared with them.
            Unavailable: As above.
        """
        if not self.shows_history(service_id, viewer_id):
            raise ServiceNotFound(service_id)

    def plans_shown(self, viewer_id: str) -> frozenset[str]:
        """Ids of others' plans that somebody sees; raises as above."""
        return self.present().plans_shown(viewer_id)

    def present(self) -> Grants:
        """All of them; read by one thread while the others wait."""
        with self._lock:
            now = self._clock.now()
            # A clock set back must not stretch the memory.
            if self._read is None or not timedelta(0) < self._read.until - now <= REMEMBERED:
                self._read = self._renewed(now)
            return self._read.grants

    def forget(self) -> None:
        """Read anew at the next question: something was changed here."""
        with self._lock:
            self._read = None

    def _renewed(self, now: datetime) -> _Read:
        try:
            with self._database.reading() as records:
                grants = grants_of(records.shares.owners(), records.shares.all())
        except Unavailable:
            known = self._read
            if known is None or not timedelta(0) <= now - known.at < TRUSTED_WITHOUT_DATABASE:
                raise
            return _Read(grants=known.grants, at=known.at, until=now + REMEMBERED)
        return _Read(grants=grants, at=now, until=now + REMEMBERED)
