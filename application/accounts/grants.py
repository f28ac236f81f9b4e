"""What is whose and shared with whom, remembered for a few seconds, so that planning asks no database for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from application.accounts.authenticate import REMEMBERED, TRUSTED_WITHOUT_DATABASE
from application.accounts.outage import Outage
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
        self._changes = 0
        self._lock = Lock()
        self._outage = Outage()

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
        """All of them."""
        now, known = self._clock.now(), self._read
        # A clock set back must not stretch the memory.
        if known is None or not timedelta(0) < known.until - now <= REMEMBERED:
            known = self._renewed(known, now)
        return known.grants

    def forget(self) -> None:
        """Read anew at the next question: something was changed here."""
        with self._lock:
            self._read = None
            self._changes += 1

    def _renewed(self, known: _Read | None, now: datetime) -> _Read:
        changes = self._changes
        try:
            grants = self._outage.ask(self._asked, self._clock.now)
        except Unavailable:
            if known is None or not timedelta(0) <= now - known.at < TRUSTED_WITHOUT_DATABASE:
                raise
            return known
        read = _Read(grants=grants, at=now, until=now + REMEMBERED)
        with self._lock:
            # What was changed while it was read may not be in it.
            if changes == self._changes:
                self._read = read
        return read

    def _asked(self) -> Grants:
        with self._database.reading() as records:
            return grants_of(records.shares.owners(), records.shares.all())
