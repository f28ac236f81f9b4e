"""Adapter of the port `ShareStore`."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, or_, select
from sqlalchemy.exc import IntegrityError

from adapters.database.accounts.rows import Rows
from adapters.database.statements import insert_or_leave
from adapters.database.tables.accounts import HISTORY_OWNERS, SHARES
from domain.identity.errors import AlreadyExists
from domain.identity.sharing import HistoryOwner, Share, Shared
from domain.ports.share_store import ShareStore

_EVERYBODY = ""


class SqlShares(Rows[Share], ShareStore):
    """The tables `history_owners` and `shares`."""

    table = SHARES
    kind = Share

    def values_of(self, value: Share) -> dict[str, Any]:
        """Columns of a share."""
        return super().values_of(value) | {"kind": value.kind.value, "user_id": value.user_id or _EVERYBODY}

    def value_of(self, row: Row[Any]) -> Share:
        """The share of a row."""
        share = super().value_of(row)
        return replace(share, kind=Shared(share.kind), user_id=share.user_id or None)

    def claim(self, owner: HistoryOwner) -> str:
        """Insert unless there is a row; the one that stands decides."""
        self._connection.execute(insert_or_leave(self._connection, HISTORY_OWNERS), asdict(owner))
        # Locked: a snapshot begun before the other one's commit would not show its row.
        query = select(HISTORY_OWNERS.c.owner_id).where(HISTORY_OWNERS.c.service_id == owner.service_id)
        return str(self._connection.execute(query.with_for_update()).scalar_one())

    def owner_of(self, service_id: str) -> str | None:
        """Whose a history is."""
        query = select(HISTORY_OWNERS.c.owner_id).where(HISTORY_OWNERS.c.service_id == service_id)
        return self._connection.execute(query).scalar_one_or_none()

    def owners(self) -> list[HistoryOwner]:
        """All, by service."""
        rows = self._connection.execute(select(HISTORY_OWNERS).order_by(HISTORY_OWNERS.c.service_id))
        return [HistoryOwner(**row._mapping) for row in rows]

    def disown(self, service_id: str) -> bool:
        """Forget owner and shares of a history."""
        of_history = (SHARES.c.kind == Shared.HISTORY.value) & (SHARES.c.subject == service_id)
        self._connection.execute(delete(SHARES).where(of_history))
        gone = self._connection.execute(delete(HISTORY_OWNERS).where(HISTORY_OWNERS.c.service_id == service_id))
        return bool(gone.rowcount)

    def add(self, share: Share) -> None:
        """Store a new share."""
        try:
            super().add(share)
        except IntegrityError as error:
            raise AlreadyExists("it is shared with them already") from error

    def find(self, share_id: str) -> Share | None:
        """The share of this id."""
        return self.one(SHARES.c.id == share_id)

    def all(self) -> list[Share]:
        """All shares, oldest first."""
        return self.many(order=SHARES.c.created_at, then=SHARES.c.id)

    def of_user(self, user_id: str) -> list[Share]:
        """Shares by or with an account, oldest first."""
        return self.many(_of(user_id), order=SHARES.c.created_at, then=SHARES.c.id)

    def remove(self, share_id: str) -> None:
        """Forget one."""
        self._connection.execute(delete(SHARES).where(SHARES.c.id == share_id))

    def remove_of(self, user_id: str) -> int:
        """Forget what an account shared and what was shared with it."""
        return self._connection.execute(delete(SHARES).where(_of(user_id))).rowcount


def _of(user_id: str) -> ColumnElement[bool]:
    return or_(SHARES.c.shared_by == user_id, SHARES.c.user_id == user_id)
