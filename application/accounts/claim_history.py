"""Whose a history becomes when measurements are sent."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from application.accounts.desk import Desk
from application.accounts.grants import KnownGrants
from domain.identity.audit import AuditEvent, Caller
from domain.identity.errors import OperatorsHistory, ServiceNotFound
from domain.identity.principal import Principal
from domain.identity.scopes import Role, Scope
from domain.identity.sharing import HistoryOwner


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimHistory:
    """The first to send a service's history owns it.

    What an administrator sends, what is sent where nobody is signed in, and what was imported is the operator's:
    everybody's to plan from, administrators' to write.
    """

    desk: Desk
    grants: KnownGrants

    def __call__(
        self, sender: Principal, service_ids: Collection[str], is_there: Callable[[str], bool], caller: Caller
    ) -> None:
        """Let somebody write these histories, all or none.

        Args:
            sender: Who sends.
            service_ids: Services measured.
            is_there: Whether a service has a history by now.
            caller: From where.

        Raises:
            ServiceNotFound: One is somebody else's.
            OperatorsHistory: One was brought in by the operator.
        """
        if sender.user_id is None or Scope.ADMIN in sender.scopes:
            return
        owners = self.grants.present().owners
        for service_id in sorted(service_ids):
            if owners.get(service_id) not in (None, sender.user_id):
                raise ServiceNotFound(service_id)
        fresh = sorted(service_id for service_id in service_ids if service_id not in owners)
        # An administrator's collector has a key for sending alone, and sends for the operator.
        if fresh and sender.role is not Role.ADMIN:
            self._claim(sender.user_id, fresh, is_there, caller)

    def _claim(self, user_id: str, fresh: list[str], is_there: Callable[[str], bool], caller: Caller) -> None:
        # Asked before owners are: who finds samples that somebody has just sent finds their claim as well.
        there = {service_id for service_id in fresh if is_there(service_id)}
        with self.desk.database.transaction() as records:
            for service_id in fresh:
                known = records.shares.owner_of(service_id)
                if known is None and service_id in there:
                    raise OperatorsHistory(service_id)
                owner = HistoryOwner(service_id=service_id, owner_id=user_id, since=self.desk.now())
                if records.shares.claim(owner) != user_id:
                    raise ServiceNotFound(service_id)
                if known is None:
                    self.desk.note(
                        records,
                        AuditEvent(
                            action="history.claimed", actor_id=user_id, user_id=user_id,
                            target=f"history:{service_id}", caller=caller,
                        ),
                    )  # fmt: skip
        self.grants.forget()
