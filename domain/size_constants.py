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
            (0.01, 0.006),
            (0.005, 0.044),
            (0.002, 0.331),
            (0.001, 0.959),
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
            (0.01, 0.022),
            (0.005, 0.091),
            (0.002, 0.289),
            (0.001, 0.696),
        ),
    ),
    ("statistical", Resource.CPU): SizingRule(
        name="statistical/cpu",
        fitted_on="2026-11-24",
        forecast_weight=0.5,
        margins=(
            (0.1, 0.002),
            (0.05, 0.011),
            (0.02, 0.011),
            (0.01, 0.011),
            (0.005, 0.078),
            (0.002, 0.315),
            (0.001, 0.822),
        ),
    ),
    ("statistical", Resource.MEMORY): SizingRule(
        name="statistical/memory",
        fitted_on="2026-11-24",
        forecast_weight=0.5,
        margins=(
            (0.1, 0.012),
            (0.05, 0.012),
            (0.02, 0.012),
            (0.01, 0.018),
            (0.005, 0.079),
            (0.002, 0.273),
            (0.001, 0.661),
        ),
    ),
}


def rule_for(source: str, resource: Resource) -> SizingRule | None:
    """The rule for forecasts of a source; None where none was fitted, as for the fallback scenario."""
    return SIZING_RULES.get((source, resource))
