"""Fit the constants of the sizing rule on real traces and write them to domain/size_constants.py.

    python -m benchmarks.fit_sizing --source FILE… [--leave-out DATASET …] [--write]

To be run again whenever a forecaster has changed (a model trained anew, other constants of the baseline). Fits on the
half of the services in use that ``is_kept_apart`` leaves; `mcp-core backtest sizing --services kept-apart` judges on
the other half. Same data, same forecasters, same constants. A few minutes on one core.

The margin at a risk is that quantile of the hours' scores, (demand − size before the margin) ÷ margin unit: with it
exactly that share of the fitted hours lies over the size (split-conformal calibration). The weight of the forecast is
the largest of ``WEIGHTS`` that allocates no more than any other, each brought to the same shares of hours over.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application.sizing_days import ServicePast, pair_series, sizing_days
from application.sizing_report import dataset_weights
from application.windows import forecast_each
from domain.metrics import Resource
from domain.mixture import mixture_need
from domain.ports.forecaster import Forecaster
from domain.size_rule import SizingRule, base_size, margin_unit, past_need
from entrypoints.container import build_container

Floats = NDArray[np.float64]

# The risks a margin is fitted for. Rarer hours are too few, and come from too few services, to tell anything.
RISKS = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
# Those at which allocation is compared: what a CPU is asked for, and a tenth of the usual 1 % for memory.
COMPARED = (0.02, 0.01, 0.005, 0.001)
# From the forecast alone on; a later one must allocate this share less.
WEIGHTS = (1.0, 0.85, 0.7, 0.6, 0.5, 0.4, 0.3)
WORTH = 0.003
BATCH = 512
# What the rules stand between in domain/size_constants.py.
OPENING, CLOSING = "SizingRule] = {\n", "\n}\n"


@dataclass(frozen=True, eq=False, slots=True)
class Examples:
    """Days of the fitted services: needs of forecast and past (n, risks), highest past hour, margin units, and use."""

    needs: Floats
    seen: Floats
    highest: Floats
    units: Floats
    peaks: Floats
    hours: Floats
    used: Floats
    weight: Floats

    def bases(self, weight: float, risk: float) -> Floats:
        """Shape (n,): sizes before the margin."""
        column = RISKS.index(risk)
        return base_size(self.needs[:, column], self.seen[:, column], self.highest, weight)

    def margin(self, weight: float, risk: float) -> float:
        """The least margin, at least 0, that leaves at most a share ``risk`` of the hours over the size."""
        above = self.peaks - self.bases(weight, risk)[:, None]
        # Where nothing ever moved no margin helps: such hours are over, or they are not.
        scores = np.where(above > 0, above / np.maximum(self.units, 1e-12)[:, None], 0.0)[np.isfinite(self.peaks)]
        return float(np.sort(scores)[len(scores) - 1 - int(risk * len(scores))])

    def allocation(self, weight: float, risk: float) -> float:
        """Σ size × hours ÷ Σ mean use, at the margin, data sets weighed as in the report."""
        sizes = self.bases(weight, risk) + self.margin(weight, risk) * self.units
        return float((sizes * self.hours) @ self.weight / (self.used @ self.weight))


def examples_of(subjects: Sequence[ServicePast], forecaster: Forecaster) -> tuple[Examples, str]:
    """Everything a fit needs, and the source the forecasts name."""
    days = [(subject.dataset, day) for subject in subjects for day in sizing_days(subject, 0)]
    requests = [day.request for _, day in days]
    answers = [item for first in range(0, len(days), BATCH)
               for item in forecast_each(forecaster, requests[first : first + BATCH])]  # fmt: skip
    found = [(dataset, day, answer) for (dataset, day), answer in zip(days, answers, strict=True) if answer is not None]
    pasts = [np.sort(np.maximum(day.request.target.observed_values, 0.0)) for _, day, _ in found]
    used = np.array([day.means[day.observed].sum() for _, day, _ in found])
    hours = np.array([day.observed.sum() for _, day, _ in found], dtype=np.float64)
    return Examples(
        needs=np.array([
            [mixture_need(np.maximum(answer.quantiles, 0.0), risk) for risk in RISKS] for _, _, answer in found
        ]),
        seen=np.array([[past_need(past, risk) for risk in RISKS] for past in pasts]),
        highest=np.array([past[-1] for past in pasts]),
        units=np.array([margin_unit(past[-1], past_need(past, 0.5)) for past in pasts]),
        peaks=np.array([np.where(day.observed, day.peaks, -np.inf) for _, day, _ in found]),
        hours=hours, used=used, weight=dataset_weights([dataset for dataset, _, _ in found], used, hours),
    ), found[0][2].source  # fmt: skip


def fit(examples: dict[Resource, Examples], source: str) -> list[SizingRule]:
    """One weight for both resources, then the margins of each."""
    costs = {weight: _cost(examples, source, weight) for weight in WEIGHTS}
    weight = next(weight for weight, cost in costs.items() if cost <= min(costs.values()) * (1 + WORTH))
    today = datetime.now(UTC).date().isoformat()
    return [
        SizingRule(name=f"{source}/{kind}", fitted_on=today, forecast_weight=weight, margins=_margins(item, weight))
        for kind, item in examples.items()
    ]


def _cost(examples: dict[Resource, Examples], source: str, weight: float) -> float:
    """Geometric mean of the allocation over resources and shares of hours over."""
    found = {kind: [item.allocation(weight, risk) for risk in COMPARED] for kind, item in examples.items()}
    cost = float(np.exp(np.log(list(found.values())).mean()))
    shown = ", ".join(f"{kind} {np.round(item, 3).tolist()}" for kind, item in found.items())
    print(f"{source}: forecast weight {weight}: {cost:.3f} ({shown})", file=sys.stderr)
    return cost


def _margins(examples: Examples, weight: float) -> tuple[tuple[float, float], ...]:
    margins = np.maximum.accumulate([examples.margin(weight, risk) for risk in RISKS])
    return tuple((risk, float(f"{margin:.3f}")) for risk, margin in zip(RISKS, margins.tolist(), strict=True))


def source_lines(rules: Sequence[SizingRule]) -> str:
    """The dictionary's body, formatted as it stands in domain/size_constants.py."""
    lines: list[str] = []
    for rule in rules:
        source, resource = rule.name.split("/")
        lines += [
            f'    ("{source}", Resource.{resource.upper()}): SizingRule(',
            f'        name="{rule.name}",',
            f'        fitted_on="{rule.fitted_on}",',
            f"        forecast_weight={rule.forecast_weight},",
            "        margins=(",
            *(f"            {pair}," for pair in rule.margins),
            "        ),",
            "    ),",
        ]
    return "\n".join(lines)


def main() -> None:
    """Fit, print, and write when asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--source", nargs="+", type=Path, required=True)
    parser.add_argument("--leave-out", action="append", default=[], metavar="DATASET")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    container = build_container()
    metrics = ("cpu", "cpu_max", "memory", "memory_max")
    pairs = pair_series(list(container.backtest_source(options.source, metrics=metrics).read()))
    fitted = [item for item in pairs if item.in_use and not item.kept_apart and item.dataset not in options.leave_out]
    rules: list[SizingRule] = []
    for forecaster in container.own_forecasters().values():
        found = {kind: examples_of([one for one in fitted if one.resource is kind], forecaster) for kind in Resource}
        rules += fit({kind: item for kind, (item, _) in found.items()}, found[Resource.CPU][1])
    text = source_lines(rules)
    print(text)
    if options.write:
        path = Path("domain/size_constants.py")
        head, rest = path.read_text().split(OPENING)
        path.write_text(f"{head}{OPENING}{text}{CLOSING}{rest.split(CLOSING)[1]}")


if __name__ == "__main__":
    main()
