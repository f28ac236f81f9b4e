"""The fit of the sizing rule: what it promises of the margins it writes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.fit_sizing import COMPARED, RISKS, Examples, fit, source_lines
from domain.metrics import Resource
from domain.size_rule import SizingRule

HOURS = 24


def examples(days: int = 500, seed: int = 0) -> Examples:
    """Days whose peaks are exponential, forecast too low by a third; the past is right."""
    rng = np.random.default_rng(seed)
    needs = np.tile(-np.log(RISKS), (days, 1))
    return Examples(
        needs=needs / 1.5, seen=needs, highest=np.full(days, 5.0), units=np.full(days, 4.0),
        peaks=rng.exponential(1.0, (days, HOURS)), hours=np.full(days, float(HOURS)), used=np.full(days, 20.0),
        weight=np.ones(days),
    )  # fmt: skip


@pytest.mark.parametrize("risk", RISKS)
@pytest.mark.parametrize("weight", [1.0, 0.5])
def test_with_its_margin_a_rule_leaves_the_asked_share_of_the_fitted_hours_over(weight: float, risk: float) -> None:
    item = examples()
    sizes = item.bases(weight, risk) + item.margin(weight, risk) * item.units
    over = (item.peaks > sizes[:, None]).mean()
    assert over <= risk
    assert over == pytest.approx(risk, rel=0.1)


def test_a_margin_is_never_taken_away_from_a_size_that_is_safe_already() -> None:
    item = examples()
    safe = replace(item, needs=item.needs * 9, highest=item.highest * 9)
    assert safe.margin(1.0, 0.1) == 0.0


def test_hours_that_do_not_count_are_not_asked() -> None:
    item = examples()
    unseen = item.peaks.copy()
    unseen[:, 12:] = -np.inf
    fewer = replace(item, peaks=unseen)
    only = replace(item, peaks=item.peaks[:, :12])
    assert fewer.margin(1.0, 0.01) == only.margin(1.0, 0.01)


def test_the_weight_that_allocates_least_is_taken_and_margins_never_fall() -> None:
    noisy = np.random.default_rng(3).uniform(0.2, 3, (500, 1))
    item = examples()
    misled = replace(item, needs=item.needs * noisy)
    cpu, memory = fit({Resource.CPU: misled, Resource.MEMORY: misled}, "lab")
    assert cpu.forecast_weight < 1.0
    assert (cpu.name, memory.name) == ("lab/cpu", "lab/memory")
    margins = [margin for _, margin in cpu.margins]
    assert margins == sorted(margins)
    assert set(COMPARED) <= {risk for risk, _ in cpu.margins}


def test_what_is_written_is_python_and_says_the_same() -> None:
    rule = SizingRule(name="lab/cpu", fitted_on="2026-01-02", forecast_weight=0.7, margins=((0.1, 0.0), (0.01, 0.2)))
    text = f"{{\n{source_lines([rule])}\n}}"
    assert eval(text, {"SizingRule": SizingRule, "Resource": Resource}) == {("lab", Resource.CPU): rule}  # noqa: S307  our own text
