"""Whatever is done to the audit trail shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.identity.audit import GENESIS, AuditEntry, next_entry, verify_chain
from tests.fakes.people import HERE, NOW, an_event

Entries = list[AuditEntry]


def a_chain(length: int = 6) -> Entries:
    entries: Entries = []
    for number in range(1, length + 1):
        previous = entries[-1].entry_hash if entries else GENESIS
        event = an_event(f"act.{number}")
        entries.append(next_entry(event, number=number, at=NOW + timedelta(seconds=number), previous_hash=previous))
    return entries


def test_an_untouched_chain_is_whole() -> None:
    chain = a_chain()
    report = verify_chain(chain, head=chain[-1].entry_hash)
    assert (report.entries, report.head, report.fault) == (6, chain[-1].entry_hash, "")
    assert verify_chain([], head=GENESIS).fault == ""


EVENT_CHANGES = {
    "action": "act.x", "outcome": "refused", "actor_id": None, "user_id": "x", "target": "x",
    "detail": {"é": "u"}, "address": "192.0.2.8", "request_id": "req-2", "agent": "other",
}  # fmt: skip


@pytest.mark.parametrize("name", EVENT_CHANGES)
def test_a_change_of_any_part_of_an_event_shows(name: str) -> None:
    chain = a_chain()
    change: dict[str, Any] = {name: EVENT_CHANGES[name]}
    if name in ("address", "request_id", "agent"):
        change = {"caller": replace(HERE, **change)}
    chain[2] = replace(chain[2], event=replace(chain[2].event, **change))
    assert verify_chain(chain, head=chain[-1].entry_hash).fault == "entry 3: its content was changed"


def test_a_change_of_the_moment_shows() -> None:
    chain = a_chain()
    chain[2] = replace(chain[2], at=chain[2].at + timedelta(microseconds=1))
    assert "entry 3" in verify_chain(chain, head=chain[-1].entry_hash).fault


def reforged(chain: Entries, at: int) -> None:
    """Change an entry and give it a digest that fits."""
    old = chain[at]
    chain[at] = next_entry(an_event("forged"), number=old.number, at=old.at, previous_hash=old.previous_hash)


def swapped(chain: Entries, at: int) -> None:
    chain[at], chain[at + 1] = chain[at + 1], chain[at]


DEEDS: dict[str, Callable[[Entries], object]] = {
    "removed": lambda chain: chain.pop(2),
    "removed first": lambda chain: chain.pop(0),
    "removed newest": lambda chain: chain.pop(),
    "doubled": lambda chain: chain.insert(2, chain[2]),
    "swapped": lambda chain: swapped(chain, 2),
    "reforged": lambda chain: reforged(chain, 2),
    "reforged newest": lambda chain: reforged(chain, 5),
    "emptied": lambda chain: chain.clear(),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_every_deed_shows(deed: str) -> None:
    chain = a_chain()
    head = chain[-1].entry_hash
    DEEDS[deed](chain)
    assert verify_chain(chain, head=head).fault


def test_a_gap_in_the_numbers_shows_even_where_the_digests_fit() -> None:
    first = a_chain(1)[0]
    second = next_entry(an_event(), number=3, at=NOW, previous_hash=first.entry_hash)
    assert "2 should stand here" in verify_chain([first, second], head=second.entry_hash).fault


def test_after_retention_the_chain_begins_at_what_was_removed() -> None:
    chain = a_chain()
    kept, pruned = chain[2:], chain[1].entry_hash
    assert verify_chain(kept, head=chain[-1].entry_hash, pruned_hash=pruned).fault == ""
    assert verify_chain(kept, head=chain[-1].entry_hash).fault


def test_a_digest_made_by_an_older_version_still_fits() -> None:
    """What a chain's entries were digested from can never change: kept trails would no longer verify."""
    entry = next_entry(an_event(), number=7, at=NOW, previous_hash=GENESIS)
    assert entry.entry_hash == "4b2220798583a566385edb8e57908588d06a222e1e687cd593db035774d6b7f1"
