"""Constants of the sizing rule, written by benchmarks/fit_sizing.py: fitted on half of the services of the traces."""

from __future__ import annotations

from domain.metrics import Resource
from domain.size_rule import SizingRule

# Source of a forecast and resource → rule.
SIZING_RULES: dict[tuple[str, Resource], SizingRule] = {
    ("lstm", Resource.CPU): SizingRule(
        name="lstm/cpu",
        fitted_on="2026-11-24",
        forecast_weight=1.0,
        margins=(
            (0.1, 0.0),
            (0.05, 0.0),
            (0.02, 0.0),
            (0.01, 0.009),
            (0.005, 0.078),
            (0.002, 0.372),
            (0.001, 1.244),
        ),
    ),
    ("lstm", Resource.MEMORY): SizingRule(
        name="lstm/memory",
        fitted_on="2026-11-24",
        forecast_weight=1.0,
        margins=(
            (0.1, 0.0),
            (0.05, 0.0),
            (0.02, 0.0),
            (0.01, 0.025),
            (0.005, 0.105),
            (0.002, 0.345),
            (0.001, 0.901),
        ),
    ),
    ("statistical", Resource.CPU): SizingRule(
        name="statistical/cpu",
        fitted_on="2026-11-24",
        forecast_weight=0.3,
        margins=(
            (0.1, 0.003),
            (0.05, 0.015),
            (0.02, 0.015),
            (0.01, 0.02),
            (0.005, 0.102),
            (0.002, 0.355),
            (0.001, 1.038),
        ),
    ),
    ("statistical", Resource.MEMORY): SizingRule(
        name="statistical/memory",
        fitted_on="2026-11-24",
        forecast_weight=0.3,
        margins=(
            (0.1, 0.017),
            (0.05, 0.021),
            (0.02, 0.021),
            (0.01, 0.032),
            (0.005, 0.095),
            (0.002, 0.324),
            (0.001, 0.846),
        ),
    ),
}


def rule_for(source: str, resource: Resource) -> SizingRule | None:
    """The rule for forecasts of a source; None where none was fitted, as for the fallback scenario."""
    return SIZING_RULES.get((source, resource))
