"""Constants of the sizing rule, written by benchmarks/fit_sizing.py: fitted on half of the services of the traces."""

from __future__ import annotations

from domain.metrics import Resource
from domain.size_rule import SizingRule

# Source of a forecast and resource → rule.
SIZING_RULES: dict[tuple[str, Resource], SizingRule] = {
    ("lstm", Resource.CPU): SizingRule(
        name="lstm/cpu", fitted_on="2026-11-24", forecast_weight=1.0, tail_weight=0.15, cap_factor=1.05, cap_exponent=0.1,
        levels=((0.05, 0.0174), (0.01, 0.0117), (0.005, 0.00492), (0.001, 0.0001)),
    ),
    ("lstm", Resource.MEMORY): SizingRule(
        name="lstm/memory", fitted_on="2026-11-24", forecast_weight=1.0, tail_weight=0.15, cap_factor=1.05, cap_exponent=0.1,
        levels=((0.05, 0.048), (0.01, 0.00909), (0.005, 0.00343), (0.001, 0.0001)),
    ),
    ("statistical", Resource.CPU): SizingRule(
        name="statistical/cpu", fitted_on="2026-11-24", forecast_weight=0.85, tail_weight=0.15, cap_factor=1.0, cap_exponent=0.1,
        levels=((0.05, 0.0107), (0.01, 0.00857), (0.005, 0.003), (0.001, 0.0001)),
    ),
    ("statistical", Resource.MEMORY): SizingRule(
        name="statistical/memory", fitted_on="2026-11-24", forecast_weight=0.85, tail_weight=0.15, cap_factor=1.0, cap_exponent=0.1,
        levels=((0.05, 0.0406), (0.01, 0.00852), (0.005, 0.00355), (0.001, 0.0001)),
    ),
}  # fmt: skip


def rule_for(source: str, resource: Resource) -> SizingRule | None:
    """The rule for forecasts of a source; None where none was fitted, as for the fallback scenario."""
    return SIZING_RULES.get((source, resource))
