"""Whose histories are, what was shared with whom, and who therefore sees what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# More than anybody needs; a stolen session cannot fill the table.
MAX_SHARES_PER_USER = 1000
_NOTHING: frozenset[str] = frozenset()


class Shared(StrEnum):
    """What can be shared."""

    PLAN = "plan"
    HISTORY = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOwner:
    """Whose history a service's is: of whoever sent it first. A history without an owner is the operator's.

    Attributes:
        service_id: The service.
        owner_id: The account.
        since: Moment of the first sample sent.
    """

    service_id: str
    owner_id: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Leave to see something of somebody's; never to change it.

    Attributes:
        id: Row, safe to show.
        kind: What is shared.
        subject: The plan's id or the service's name.
        shared_by: The account that shared it.
        user_id: With whom; None for everybody who has an account.
        created_at: Moment it was shared.
    """

    id: str
    kind: Shared
    subject: str
    shared_by: str
    user_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """All owners and shares at one moment, in the form they are asked in.

    Attributes:
        owners: Service → owner, of histories that are somebody's.
        histories: Account (None for everybody) → services whose history was shared with it.
        plans: Account (None for everybody) → plans that were shared with it.
    """

    owners: Mapping[str, str] = field(default_factory=dict)
    histories: Mapping[str | None, frozenset[str]] = field(default_factory=dict)
    plans: Mapping[str | None, frozenset[str]] = field(default_factory=dict)

    def shows_history(self, service_id: str, viewer_id: str) -> bool:
        """Whether an account sees, and may plan from, a service's history: nobody's, its own, or shared with it."""
        owner_id = self.owners.get(service_id)
        return owner_id in (None, viewer_id) or service_id in _of(self.histories, viewer_id)

    def plans_shown(self, viewer_id: str) -> frozenset[str]:
        """Plans of others that an account sees."""
        return _of(self.plans, viewer_id)


def _of(shared: Mapping[str | None, frozenset[str]], viewer_id: str) -> frozenset[str]:
    return shared.get(viewer_id, _NOTHING) | shared.get(None, _NOTHING)


def grants_of(owners: Iterable[HistoryOwner], shares: Iterable[Share]) -> Grants:
    """Owners and shares, ready to be asked."""
    found: dict[Shared, dict[str | None, set[str]]] = {kind: {} for kind in Shared}
    for share in shares:
        found[share.kind].setdefault(share.user_id, set()).add(share.subject)
    frozen = {kind: {user: frozenset(subjects) for user, subjects in of.items()} for kind, of in found.items()}
    return Grants(
        owners={owner.service_id: owner.owner_id for owner in owners},
        histories=frozen[Shared.HISTORY],
        plans=frozen[Shared.PLAN],
    )
