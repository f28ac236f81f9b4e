"""Limits of cost, and the verdict over all services."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.errors import InvalidRequest
from domain.repository.change import Change, Outcome, ServiceChange, Side, judge, parse_cost_limit
from domain.repository.planned import Basis
from domain.repository.profile import Amounts


def side(cost: str | None) -> Side:
    priced = None if cost is None else Decimal(cost)
    return Side(replicas=1, declared=Amounts(), cost_usd_per_day=priced, is_declared=True)


def row(
    before: str | None, after: str | None, *, risky: bool = False, change: Change = Change.CHANGED
) -> ServiceChange:
    return ServiceChange(
        name="api", change=change, before=side(before), after=side(after), basis=Basis.HISTORY, cpu_share_over=None,
        memory_share_over=None, recommended=None, is_risky=risky, why=(),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["10%", "0%", "2.5", "0", " 12.5% "])
def test_limits_that_are_understood(text: str) -> None:
    assert str(parse_cost_limit(text)).startswith(text.strip().rstrip("%"))


@pytest.mark.parametrize("text", ["", "%", "-1%", "ten", "1e3", "NaN", "10 %", "10%%", "٣%", "1" * 20])
def test_limits_that_are_not(text: str) -> None:
    with pytest.raises(InvalidRequest, match="max-cost-increase"):
        parse_cost_limit(text)


@pytest.mark.parametrize(
    ("before", "after", "limit", "outcome"),
    [
        ("10", "11", "10%", Outcome.PASSED), ("10", "11.01", "10%", Outcome.OVER_BUDGET),
        ("10", "5", "0%", Outcome.PASSED),
        ("10", "12.5", "2.5", Outcome.PASSED), ("10", "12.51", "2.5", Outcome.OVER_BUDGET),
        ("0", "100", "10%", Outcome.PASSED), ("0", "100", "10", Outcome.OVER_BUDGET),
        ("10", None, "10%", Outcome.NOT_PRICED),
    ],
)  # fmt: skip
def test_money(before: str, after: str | None, limit: str, outcome: Outcome) -> None:
    assert judge((row(before, after),), parse_cost_limit(limit), 0.01).outcome is outcome


def test_risk_outranks_money_and_both_are_told() -> None:
    report = judge((row("10", "20", risky=True),), parse_cost_limit("10%"), 0.01)
    assert report.outcome is Outcome.TOO_RISKY
    assert len(report.reasons) == 2


def test_what_was_risky_before_and_did_not_change_does_not_fail() -> None:
    assert (
        judge((row("1", "1", risky=True, change=Change.SAME),), parse_cost_limit("0%"), 0.01).outcome is Outcome.PASSED
    )
