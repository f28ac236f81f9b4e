"""The audit trail: append-only rows, each holding the digest of the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

GENESIS = "0" * 64
PRUNED = "audit.pruned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """From where something was asked.

    Attributes:
        address: Client address; "cli" for the command line.
        request_id: The request's id in the access log.
        agent: What the client calls itself, cut.
    """

    address: str
    request_id: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One security-relevant act.

    Attributes:
        action: What was done, for example ``session.login``.
        outcome: ``ok`` or ``refused``.
        actor_id: Who did it; None where nobody is known.
        user_id: Whose account it concerns; None where there is none.
        target: On what, for example ``api_key:…``.
        caller: From where.
        detail: Further plain facts; never a secret.
    """

    action: str
    caller: Caller
    outcome: str = "ok"
    actor_id: str | None = None
    user_id: str | None = None
    target: str = ""
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An event in the chain.

    Attributes:
        number: 1, 2, 3, … without gaps.
        at: Moment, UTC.
        event: What happened.
        previous_hash: Digest of the entry before; zeros for the first.
        entry_hash: Digest of this one.
    """

    number: int
    at: datetime
    event: AuditEvent
    previous_hash: str
    entry_hash: str


def next_entry(event: AuditEvent, *, number: int, at: datetime, previous_hash: str) -> AuditEntry:
    """The entry that follows."""
    entry_hash = _digest(event, number, at, previous_hash)
    return AuditEntry(number=number, at=at, event=event, previous_hash=previous_hash, entry_hash=entry_hash)


def _digest(event: AuditEvent, number: int, at: datetime, previous_hash: str) -> str:
    """SHA-256 over a canonical JSON text of everything the entry says."""
    stamp = at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [
        previous_hash, number, stamp, event.action, event.outcome, event.actor_id, event.user_id, event.target,
        event.caller.address, event.caller.request_id, event.caller.agent, sorted(event.detail.items()),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What a check of the chain found.

    Attributes:
        entries: Entries read.
        head: Digest of the newest; keep it elsewhere, and a rewritten chain shows.
        fault: What is wrong with the first bad entry; empty when all is well.
    """

    entries: int
    head: str
    fault: str = ""


def verify_chain(entries: Iterable[AuditEntry], *, head: str, pruned_hash: str = GENESIS) -> ChainReport:
    """Check that no entry was changed, removed or put in between.

    Args:
        entries: All entries, oldest first.
        head: Digest of the newest entry as the log's own record keeps it.
        pruned_hash: Digest of the last entry that retention removed; zeros when none was.
    """
    previous, count, number = pruned_hash, 0, None
    for entry in entries:
        fault = _fault(entry, previous, number)
        if fault:
            return ChainReport(entries=count, head=previous, fault=f"entry {entry.number}: {fault}")
        previous, number, count = entry.entry_hash, entry.number, count + 1
    if previous != head:
        return ChainReport(entries=count, head=previous, fault="the newest entries are missing")
    return ChainReport(entries=count, head=previous)


def _fault(entry: AuditEntry, previous: str, number: int | None) -> str:
    if number is not None and entry.number != number + 1:
        return f"{number + 1} should stand here: an entry is missing"
    if entry.previous_hash != previous:
        return "it does not follow the entry before: one is missing or was changed"
    if entry.entry_hash != _digest(entry.event, entry.number, entry.at, entry.previous_hash):
        return "its content was changed"
    return ""
