"""Adapter of the port `AuditLog`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from adapters.database.tables.accounts import AUDIT_ENDS, USER_AUDIT_LOG
from domain.identity.audit import GENESIS, AuditEntry, AuditEvent, Caller, next_entry
from domain.ports.audit_log import AuditFilter, AuditLog, ChainEnds

_THE_ROW: Final = 1
_BATCH: Final = 500
_CALLER: Final = tuple(field.name for field in fields(Caller))
_EVENT: Final = ("action", "outcome", "actor_id", "user_id", "target", "detail")
_C: Final = USER_AUDIT_LOG.c


class SqlAuditLog(AuditLog):
    """The tables `user_audit_log` and `user_audit_ends`; the row of the latter is the writers' lock."""

    def __init__(self, connection: Connection, *, locks: bool = True) -> None:
        self._connection = connection
        self._locks = locks

    def append(self, event: AuditEvent, at: datetime) -> AuditEntry:
        """Add an event to the chain."""
        ends = self._ends(locked=True)
        entry = next_entry(event, number=ends.number + 1, at=at, previous_hash=ends.head)
        said = {name: getattr(event, name) for name in _EVENT}
        said |= {name: getattr(event.caller, name) for name in _CALLER}
        self._connection.execute(
            insert(USER_AUDIT_LOG).values(
                number=entry.number, at=at, previous_hash=entry.previous_hash, entry_hash=entry.entry_hash, **said
            )
        )
        self._connection.execute(update(AUDIT_ENDS).values(number=entry.number, head=entry.entry_hash))
        return entry

    def page(self, wanted: AuditFilter, limit: int) -> list[AuditEntry]:
        """Entries, newest first."""
        query = select(USER_AUDIT_LOG).where(*_conditions(wanted)).order_by(_C.number.desc()).limit(limit)
        return [_entry(row) for row in self._connection.execute(query)]

    def chain(self) -> tuple[Iterator[AuditEntry], ChainEnds]:
        """All entries, in batches, and the ends."""
        ends = self._ends(locked=False)
        return self._all(), ChainEnds(head=ends.head, pruned=ends.pruned)

    def prune(self, before: datetime) -> int:
        """Remove the oldest entries up to the first that must stay."""
        self._ends(locked=True)
        first_kept = self._connection.execute(select(func.min(_C.number)).where(_C.at >= before)).scalar_one()
        old = [] if first_kept is None else [_C.number < first_kept]
        last = self._connection.execute(
            select(_C.entry_hash).where(*old).order_by(_C.number.desc()).limit(1)
        ).scalar_one_or_none()
        if last is None:
            return 0
        self._connection.execute(update(AUDIT_ENDS).values(pruned=last))
        return self._connection.execute(delete(USER_AUDIT_LOG).where(*old)).rowcount

    def _ends(self, *, locked: bool) -> Any:
        query = select(AUDIT_ENDS)
        row = self._connection.execute(query.with_for_update() if locked and self._locks else query).first()
        if row is not None:
            return row
        # The migration writes the row; a table emptied by hand begins a new chain, which verification then shows.
        begin = {"id": _THE_ROW, "number": 0, "head": GENESIS, "pruned": GENESIS}
        self._connection.execute(insert(AUDIT_ENDS).values(**begin))
        return self._connection.execute(query).one()

    def _all(self) -> Iterator[AuditEntry]:
        after = 0
        while True:
            query = select(USER_AUDIT_LOG).where(_C.number > after).order_by(_C.number).limit(_BATCH)
            rows = self._connection.execute(query).all()
            if not rows:
                return
            yield from (_entry(row) for row in rows)
            after = rows[-1]._mapping["number"]


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.user_id is not None:
        conditions.append(or_(_C.user_id == wanted.user_id, _C.actor_id == wanted.user_id))
    if wanted.action:
        conditions.append(_C.action.startswith(wanted.action, autoescape=True))
    if wanted.outcome:
        conditions.append(_C.outcome == wanted.outcome)
    if wanted.since is not None:
        conditions.append(_C.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_C.at < wanted.until)
    if wanted.before_number is not None:
        conditions.append(_C.number < wanted.before_number)
    return conditions


def _entry(row: Row[Any]) -> AuditEntry:
    held = row._mapping
    event = AuditEvent(caller=Caller(**{name: held[name] for name in _CALLER}), **{name: held[name] for name in _EVENT})
    return AuditEntry(
        number=held["number"], at=held["at"], event=event, previous_hash=held["previous_hash"],
        entry_hash=held["entry_hash"],
    )  # fmt: skip
