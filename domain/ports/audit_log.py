"""Port: the audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.identity.audit import AuditEntry, AuditEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries to read.

    Attributes:
        user_id: Those concerning or made by this account; None for all.
        action: Those whose action begins so; empty for all.
        outcome: ``ok`` or ``refused``; empty for both.
        since: Not before; None for all.
        until: Before; None for all.
        before_number: Entries older than this number, for the next page; None for the newest.
    """

    user_id: str | None = None
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainEnds:
    """What the log keeps of its chain: the newest digest, and the last one retention removed."""

    head: str
    pruned: str


class AuditLog(Protocol):
    """An append-only, hash-chained log, inside the transaction of the change it tells of."""

    def append(self, event: AuditEvent, at: datetime) -> AuditEntry:
        """Add an event to the chain; writers wait for one another until their transactions end."""
        ...

    def page(self, wanted: AuditFilter, limit: int) -> list[AuditEntry]:
        """Entries, newest first."""
        ...

    def chain(self) -> tuple[Iterator[AuditEntry], ChainEnds]:
        """All entries, oldest first, and the ends the log keeps."""
        ...

    def prune(self, before: datetime) -> int:
        """Remove the oldest entries up to a moment and keep the digest of the last one removed; returns how many."""
        ...
