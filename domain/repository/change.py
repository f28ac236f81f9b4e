"""What a change does to cost and risk, service by service, held against a budget."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.errors import FieldError, InvalidRequest
from domain.flavors import Flavor
from domain.repository.facts import Finding
from domain.repository.planned import Basis
from domain.repository.profile import Amounts, RepositoryProfile

# What a reader says of a file of which it has nothing.
_UNREAD = {"unparsable", "skipped"}
_LIMIT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(%?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLimit:
    """How much more a change may cost.

    Attributes:
        amount: Percent of the cost before, or USD per day.
        is_percent: Which of the two.
    """

    amount: Decimal
    is_percent: bool

    def __str__(self) -> str:
        return f"{self.amount.normalize():f}%" if self.is_percent else f"{self.amount.normalize():f} USD per day"

    def allowed(self, before: Decimal) -> Decimal | None:
        """The most it may cost afterwards; None where a share of nothing says nothing."""
        if not self.is_percent:
            return before + self.amount
        return before * (1 + self.amount / 100) if before else None


def parse_cost_limit(text: str) -> CostLimit:
    """``10%``, or ``2.5`` for USD per day.

    Raises:
        InvalidRequest: It is neither.
    """
    found = _LIMIT.fullmatch(text.strip())
    if found is None:
        field = FieldError(pointer="/max_cost_increase", expected="10%, or 2.5 for USD per day", code="type")
        raise InvalidRequest(f"max-cost-increase: write 10%, or 2.5 for USD per day, not {text[:40]!r}", [field])
    return CostLimit(amount=Decimal(found[1]), is_percent=bool(found[2]))


class Change(StrEnum):
    """What became of a service."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A service before or after.

    Attributes:
        replicas: How many.
        declared: Per replica.
        cost_usd_per_day: Of what is declared, by the cheapest flavor that has it; of the recommended flavor where it is
            not all declared; None where no flavor has it.
        is_declared: Which of the two the cost is.
    """

    replicas: int
    declared: Amounts
    cost_usd_per_day: Decimal | None
    is_declared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange:
    """One service's row.

    Attributes:
        name: Of the service.
        change: What became of it.
        before: None when added.
        after: None when removed.
        basis: What its demand is known from.
        cpu_share_over: Expected share of hours with CPU demand over what is declared afterwards; None where it is not
            declared, or not known from any hour observed.
        memory_share_over: The same for memory.
        recommended: The cheapest flavor that carries the demand afterwards; None where none does.
        is_risky: One of the shares is over the accepted risk (a tenth of it for memory).
        why: What changed, in sentences.
    """

    name: str
    change: Change
    before: Side | None
    after: Side | None
    basis: Basis
    cpu_share_over: float | None
    memory_share_over: float | None
    recommended: Flavor | None
    is_risky: bool
    why: tuple[str, ...]


class Outcome(StrEnum):
    """The gate's answer."""

    PASSED = "passed"
    OVER_BUDGET = "over_budget"
    TOO_RISKY = "too_risky"
    NOT_PRICED = "not_priced"
    NOT_READ = "not_read"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """All rows, and the verdict; risk outranks money.

    Attributes:
        rows: By name.
        cost_before: USD per day.
        cost_after: USD per day.
        limit: Of cost.
        max_risk: Accepted share of hours over what is declared.
        outcome: The verdict.
        reasons: Why, in sentences.
    """

    rows: tuple[ServiceChange, ...]
    cost_before: Decimal
    cost_after: Decimal
    limit: CostLimit
    max_risk: float
    outcome: Outcome
    reasons: tuple[str, ...]


def newly_unread(before: RepositoryProfile, after: RepositoryProfile) -> tuple[Finding, ...]:
    """Files that say nothing since the change: what they ran would look like services taken away, and money saved."""
    known = {finding.file for finding in before.findings if finding.code in _UNREAD}
    spoke = {evidence.file for service in before.services for evidence in service.evidence}
    return tuple(
        finding for finding in after.findings
        if finding.file not in known
        and (finding.code == "unparsable" or (finding.code == "skipped" and finding.file in spoke))
    )  # fmt: skip


def judge(
    rows: tuple[ServiceChange, ...], limit: CostLimit, max_risk: float, unread: tuple[Finding, ...] = ()
) -> GateReport:
    """Add up and hold against the limits; while a file cannot be read nothing is known to pass."""
    before, after = (_total([getattr(row, side) for row in rows]) for side in ("before", "after"))
    unpriced = [row.name for row in rows if row.after is not None and row.after.cost_usd_per_day is None]
    risky = [row.name for row in rows if row.is_risky and row.change is not Change.SAME]
    allowed = limit.allowed(before)
    over = allowed is not None and after > allowed
    reasons = [f"{found.file}{f':{found.line}' if found.line else ''} {found.text}" for found in unread]
    if unpriced:
        reasons.append(f"no flavor has what {', '.join(unpriced)} asks for, so it cannot be priced")
    if risky:
        reasons.append(
            f"{', '.join(risky)}: demand would exceed what is declared more often than {max_risk:.4g} of hours"
        )
    if over:
        reasons.append(f"{after - before:+.2f} USD per day is more than the allowed {limit}")
    if allowed is None:
        reasons.append("nothing was there before, so a percentage of it was not judged")
    outcome = (
        Outcome.NOT_READ if unread else Outcome.NOT_PRICED if unpriced else Outcome.TOO_RISKY if risky
        else Outcome.OVER_BUDGET if over else Outcome.PASSED
    )  # fmt: skip
    return GateReport(
        rows=rows, cost_before=before, cost_after=after, limit=limit, max_risk=max_risk, outcome=outcome,
        reasons=tuple(reasons),
    )  # fmt: skip


def _total(sides: list[Side | None]) -> Decimal:
    return sum((side.cost_usd_per_day for side in sides if side and side.cost_usd_per_day is not None), Decimal(0))
