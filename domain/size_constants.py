"""Constants of the sizing rule, written by benchmarks/fit_sizing.py: fitted on half of the services of the traces."""

from __future__ import annotations

from domain.metrics import Resource
from domain.size_rule import SizingRule

# Source of a forecast and resource → rule.
SIZING_RULES: dict[tuple[str, Resource], SizingRule] = {
    ("lstm", Resource.CPU): SizingRule(
        name="lstm/cpu", fitted_on="2026-11-24", forecast_weight=0.7, tail_weight=0.3, cap_factor=1.05, cap_exponent=0.15,
        levels=((0.05, 0.05), (0.001, 0.001)),
    ),
}  # fmt: skip


def rule_for(source: str, resource: Resource) -> SizingRule | None:
    """The rule for forecasts of a source; None where none was fitted, as for the fallback scenario."""
    return SIZING_RULES.get((source, resource))
