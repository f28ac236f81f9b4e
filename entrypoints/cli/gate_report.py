"""The gate's report as a Markdown comment and as JSON."""

from __future__ import annotations

from typing import Any

from domain.repository.change import Change, GateReport, Outcome, ServiceChange, Side
from domain.repository.planned import Basis
from entrypoints.cli.repository_reports import markdown_table, markdown_text
from entrypoints.cli.repository_rows import amounts

# Lets a pipeline find and replace its own comment.
MARKER = "<!-- mcp-core gate -->"
_COLUMNS = ("service", "change", "declared per replica", "replicas", "USD/day", "hours over CPU", "hours over memory",
            "carries it", "why")  # fmt: skip
_TITLES = {
    Outcome.PASSED: "Capacity gate: passed", Outcome.OVER_BUDGET: "Capacity gate: over budget",
    Outcome.TOO_RISKY: "Capacity gate: too risky", Outcome.NOT_PRICED: "Capacity gate: cannot be priced",
    Outcome.NOT_READ: "Capacity gate: cannot be read",
}  # fmt: skip
_MOST_ROWS = 100


def gate_markdown(report: GateReport) -> str:
    """The comment: verdict, totals, what changed and why, what the figures are."""
    change = report.cost_after - report.cost_before
    share = f", {change / report.cost_before:+.1%}" if report.cost_before else ""
    limits = f"allowed are {report.limit} more and {report.max_risk:.4g} of hours over capacity"
    parts = [
        MARKER, f"## {_TITLES[report.outcome]}",
        f"{report.cost_before:.2f} → **{report.cost_after:.2f} USD per day** ({change:+.2f}{share}); {limits}.",
    ]  # fmt: skip
    if report.reasons:
        parts.append("\n".join(f"- {markdown_text(reason)}" for reason in report.reasons))
    changed = [row for row in report.rows if row.change is not Change.SAME]
    if changed:
        parts.append(markdown_table(_COLUMNS, [_cells(row) for row in changed[:_MOST_ROWS]]))
    left = len(changed) - _MOST_ROWS
    same = len(report.rows) - len(changed)
    parts.append(
        (f"{left} more changed; " if left > 0 else "") + f"{same} service(s) unchanged. Costs are of the cheapest size "
        "that has what is declared, one machine per replica; of the recommended size where not all is declared "
        "(marked ~). Hours over capacity are expected from what has run so far; – where nothing was observed or is "
        "declared."
    )  # fmt: skip
    return "\n\n".join(parts)


def _cells(row: ServiceChange) -> tuple[str, ...]:
    return (
        row.name, str(row.change), _arrow(row, _declared), _arrow(row, lambda side: str(side.replicas)),
        _arrow(row, _cost), _share(row.cpu_share_over), _share(row.memory_share_over),
        row.recommended.name if row.recommended else "–", "; ".join(row.why) or _basis(row),
    )  # fmt: skip


def _basis(row: ServiceChange) -> str:
    return "no history" if row.basis is Basis.PRIOR else ""


def _arrow(row: ServiceChange, told: Any) -> str:
    sides = [told(side) for side in (row.before, row.after) if side is not None]
    return sides[0] if len(sides) == 1 or sides[0] == sides[1] else f"{sides[0]} → {sides[1]}"


def _declared(side: Side) -> str:
    return amounts(side.declared.vcpus, side.declared.memory_gib) or "nothing"


def _cost(side: Side) -> str:
    if side.cost_usd_per_day is None:
        return "not priced"
    return f"{'' if side.is_declared else '~'}{side.cost_usd_per_day:.2f}"


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"


def gate_body(report: GateReport) -> dict[str, Any]:
    """The same for programs."""
    return {
        "outcome": report.outcome, "reasons": list(report.reasons),
        "cost_before_per_day": float(report.cost_before), "cost_after_per_day": float(report.cost_after),
        "max_cost_increase": str(report.limit), "max_risk": report.max_risk,
        "services": [
            {
                "name": row.name, "change": row.change, "before": _side(row.before), "after": _side(row.after),
                "basis": row.basis, "cpu_share_over": row.cpu_share_over, "memory_share_over": row.memory_share_over,
                "recommended_flavor": row.recommended.name if row.recommended else None, "is_risky": row.is_risky,
                "why": list(row.why),
            }
            for row in report.rows
        ],
    }  # fmt: skip


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    cost = side.cost_usd_per_day
    return {
        "replicas": side.replicas, "vcpus": side.declared.vcpus, "memory_gib": side.declared.memory_gib,
        "cost_per_day": float(cost) if cost is not None else None, "is_declared": side.is_declared,
    }  # fmt: skip
