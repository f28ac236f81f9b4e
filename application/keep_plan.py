"""Give a plan its id and see to it that it is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from application.recent import Recent
from domain.plan import HourlyPlan, Outlook, Plan
from domain.plan_request import PlanRequest
from domain.plans.ids import RANDOM_BYTES, time_ordered_id
from domain.plans.records import PlanDocument, PlanRecord
from domain.ports.plan_journal import PlanJournal
from domain.reasons import Reason, ReasonCode

AnyPlan = TypeVar("AnyPlan", Plan, HourlyPlan)
_MOST_IGNORED = 64
# A document of a large catalogue takes some 100 kB.
_REMEMBERED_DOCUMENTS = 256


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class KeptPlan(Generic[AnyPlan]):
    """A plan, its id if it is kept, and in its reasons when it is not in the store yet."""

    plan_id: str | None
    plan: AnyPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPlan:
    """Hands plans to the journal; nobody waits for the store, and no plan fails because of it.

    Attributes:
        journal: Stores plans in the background; None where nothing is to be kept.
        keeps_plans: Whether a plan can be read again; otherwise only its alert is on its way to the store.
        describe: What plans of one outlook have in common, as it is stored.
        random_bytes: So many random bytes.
    """

    journal: PlanJournal | None
    keeps_plans: bool
    describe: Callable[[Plan | HourlyPlan], PlanDocument]
    random_bytes: Callable[[int], bytes]
    _documents: Recent[tuple[Outlook, type, tuple[Reason, ...]], PlanDocument] = field(
        default_factory=lambda: Recent(_REMEMBERED_DOCUMENTS)
    )

    def __call__(self, plan: AnyPlan, owner_id: str | None = None) -> KeptPlan[AnyPlan]:
        """Keep one plan; each request is a plan of its own, also when its forecast was remembered."""
        if self.journal is None:
            return KeptPlan(plan_id=None, plan=plan)
        plan_id = time_ordered_id(plan.generated_at, self.random_bytes(RANDOM_BYTES))
        self.journal.record(lambda: self._record(plan_id, plan, owner_id))
        if not self.keeps_plans:
            return KeptPlan(plan_id=None, plan=plan)
        return KeptPlan(plan_id=plan_id, plan=_marked(plan, self.journal.status().problem))

    def _record(self, plan_id: str, plan: Plan | HourlyPlan, owner_id: str | None) -> PlanRecord:
        return PlanRecord(
            plan_id=plan_id, owner_id=owner_id, generated_at=plan.generated_at, request=_request(plan.request),
            document=self._document(plan),
        )  # fmt: skip

    def _document(self, plan: Plan | HourlyPlan) -> PlanDocument:
        # Plans of one outlook differ in their request and time only: what is stored of them is worked out once.
        # A repository's plans have reasons of their own on top of the outlook's.
        key = (plan.outlook, type(plan), plan.reasons)
        document = self._documents.get(key)
        if document is None:
            document = self.describe(plan)
            self._documents.put(key, document)
        return document


def _marked(plan: AnyPlan, problem: str) -> AnyPlan:
    if not problem:
        return plan
    text = f"the plan is not stored yet ({problem}): it is kept on disk until it can be"
    return replace(plan, reasons=(*plan.reasons, Reason(ReasonCode.PLAN_NOT_STORED_YET, text)))


def _request(request: PlanRequest) -> str:
    """The context as JSON, and the keys nobody read, as far as a person would look through them."""
    context = request.context.model_dump_json(exclude_none=True)
    ignored = json.dumps(request.ignored[:_MOST_IGNORED]) if request.ignored else "[]"
    return f'{{"context":{context},"ignored":{ignored}}}'
