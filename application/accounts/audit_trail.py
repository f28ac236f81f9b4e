"""Check the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from application.accounts.desk import Desk
from domain.identity.audit import ChainReport, verify_chain


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAudit:
    """Whether any entry was changed, removed or put in between."""

    desk: Desk

    def __call__(self) -> ChainReport:
        """Follow the chain from its oldest entry to the newest."""
        with self.desk.database.reading() as records:
            entries, ends = records.audit.chain()
            return verify_chain(entries, head=ends.head, pruned_hash=ends.pruned)
