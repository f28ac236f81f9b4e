"""Constants of the sizing rule, written by benchmarks/fit_sizing.py: fitted on half of the services of the traces."""

from __future__ import annotations

from domain.metrics import Resource
from domain.size_rule import SizingRule

# Source of a forecast and resource → rule.
SIZING_RULES: dict[tuple[str, Resource], SizingRule] = {
    ("lstm", Resource.CPU): SizingRule(
        name="lstm/cpu",
        fitted_on="2026-11-24",
        forecast_weight=0.85,
        margins=(
            (0.1, 0.998),
            (0.05, 0.999),
            (0.02, 1.0),
            (0.01, 1.006),
            (0.005, 1.03),
            (0.002, 1.265),
            (0.001, 2.07),
        ),
    ),
    ("lstm", Resource.MEMORY): SizingRule(
        name="lstm/memory",
        fitted_on="2026-11-24",
        forecast_weight=0.85,
        margins=(
            (0.1, 0.995),
            (0.05, 0.999),
            (0.02, 1.001),
            (0.01, 1.021),
            (0.005, 1.08),
            (0.002, 1.269),
            (0.001, 1.564),
        ),
    ),
    ("statistical", Resource.CPU): SizingRule(
        name="statistical/cpu",
        fitted_on="2026-11-24",
        forecast_weight=0.3,
        margins=(
            (0.1, 1.003),
            (0.05, 1.013),
            (0.02, 1.013),
            (0.01, 1.013),
            (0.005, 1.068),
            (0.002, 1.265),
            (0.001, 1.836),
        ),
    ),
    ("statistical", Resource.MEMORY): SizingRule(
        name="statistical/memory",
        fitted_on="2026-11-24",
        forecast_weight=0.3,
        margins=(
            (0.1, 1.025),
            (0.05, 1.026),
            (0.02, 1.026),
            (0.01, 1.026),
            (0.005, 1.066),
            (0.002, 1.213),
            (0.001, 1.558),
        ),
    ),
}


def rule_for(source: str, resource: Resource) -> SizingRule | None:
    """The rule for forecasts of a source; None where none was fitted, as for the fallback scenario."""
    return SIZING_RULES.get((source, resource))
