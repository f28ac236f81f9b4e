"""Fit the constants of the sizing rule on real traces and write them to domain/size_constants.py.

    python -m benchmarks.fit_sizing --source FILE… [--write]

To be run again whenever a forecaster has changed (a model trained anew, other constants of the baseline). Fits on the
half of the services in use that ``is_kept_apart`` leaves; `mcp-core backtest sizing --services kept-apart` judges on
the other half. About five minutes on one core. Same data, same forecasters, same constants.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application.backtest_sizing import ServicePast, SizingDay, pair_series, sizing_days
from domain.metrics import Resource
from domain.mixture import mixture_need
from domain.ports.forecaster import Forecaster
from domain.size_rule import SizingRule, past_quantile, sizes_at
from entrypoints.container import build_container

Floats = NDArray[np.float64]

# Levels the forecast's need is worked out at; between them it is interpolated in log level.
GRID = np.geomspace(0.3, 1e-4, 36)
# Equal shares of hours over at which the allocation is compared, and the risks a calibration is fitted for.
COMPARED = (0.02, 0.01, 0.005)
TAIL = (0.001,)
ASKED = (0.05, 0.01, 0.005, 0.001)
WEIGHTS = (1.0, 0.85, 0.7, 0.5, 0.3, 0.15)
CAPS = (0.95, 1.0, 1.05, 1.1, 1.15)
EXPONENTS = (0.1, 0.15, 0.2)
# Rules are tried from the forecast alone to the past alone; a later one must save this much, relatively.
WORTH = 0.002


@dataclass(frozen=True, eq=False, slots=True)
class Examples:
    """Days of the fitted services: needs of forecast and past (n, levels), highest past hour, peaks, hours and use."""

    needs: Floats
    seen: Floats
    highest: Floats
    peaks: Floats
    hours: Floats
    used: float

    def sizes(self, rule: SizingRule, level: float) -> Floats:
        """Sizes of all days at one level."""
        return sizes_at(
            lambda at: _between(self.needs, at), lambda at: _between(self.seen, at), self.highest, level, rule
        )

    def share_over(self, sizes: Floats) -> float:
        """Pooled over hours."""
        return float((self.peaks > sizes[:, None]).sum() / self.hours.sum())

    def level_for(self, rule: SizingRule, share: float) -> tuple[float, float]:
        """The level at which the rule delivers a share of hours over, and its allocation there."""
        low, high = max(GRID[-1], share / 12), min(0.3, share * 4)
        for _ in range(13):
            middle = float(np.sqrt(low * high))
            low, high = (middle, high) if self.share_over(self.sizes(rule, middle)) <= share else (low, middle)
        return low, float((self.sizes(rule, low) * self.hours).sum() / self.used)


def _between(grid: Floats, level: float) -> Floats:
    at = float(np.interp(-np.log(level), -np.log(GRID), np.arange(len(GRID))))
    low = min(int(at), len(GRID) - 2)
    mixed: Floats = grid[:, low] * (low + 1 - at) + grid[:, low + 1] * (at - low)
    return mixed


def examples_of(subjects: Sequence[ServicePast], forecaster: Forecaster) -> tuple[Examples, str]:
    """Everything a fit needs, and the source the forecasts name."""
    days: list[SizingDay] = [day for subject in subjects for day in sizing_days(subject, 0)]
    made = [item for first in range(0, len(days), 512)
            for item in forecaster.forecast_many([day.request for day in days[first : first + 512]])]  # fmt: skip
    needs = np.array([
        [mixture_need(quantiles, level) for level in GRID.tolist()]
        for quantiles in (np.maximum(item.quantiles, 0.0) for item in made)
    ])  # fmt: skip
    peaks = np.array([np.where(day.observed, day.peaks, -np.inf) for day in days])
    hours = np.array([day.observed.sum() for day in days], dtype=np.float64)
    used = float(sum(day.means[day.observed].sum() for day in days))
    pasts = [np.sort(day.request.target.observed_values) for day in days]
    seen = np.array([[past_quantile(past, level) for level in GRID.tolist()] for past in pasts])
    highest = np.array([past[-1] for past in pasts])
    return Examples(needs, seen, highest, peaks, hours, used), made[0].source


def fit(examples: dict[Resource, Examples], source: str) -> list[SizingRule]:
    """One pair of weights and one cap for both resources, then a calibration for each."""
    day = datetime.now(UTC).date().isoformat()
    plain = SizingRule(name=source, fitted_on=day, forecast_weight=1.0, tail_weight=1.0, cap_factor=1.0,
                       cap_exponent=0.0, levels=((0.5, 0.5),))  # fmt: skip
    bodies = [replace(plain, forecast_weight=weight, tail_weight=weight, cap_factor=cap, cap_exponent=exponent)
              for weight, cap, exponent in product(WEIGHTS, CAPS, EXPONENTS)]  # fmt: skip
    best = _best(bodies, examples, COMPARED)
    best = _best([replace(best, tail_weight=weight) for weight in WEIGHTS], examples, TAIL)
    return [
        replace(best, name=f"{source}/{resource}", levels=_levels(item, best)) for resource, item in examples.items()
    ]


def _best(rules: Sequence[SizingRule], examples: dict[Resource, Examples], shares: Sequence[float]) -> SizingRule:
    """The rule of least allocation, geometric mean over resources and shares of hours over."""
    best, least = rules[0], np.inf
    for rule in rules:
        allocated = np.array([item.level_for(rule, share)[1] for item in examples.values() for share in shares])
        cost = float(np.log(allocated).mean())
        if cost < least - WORTH:
            best, least = rule, cost
            weights = f"weights {rule.forecast_weight} {rule.tail_weight}"
            print(f"{rule.name}: {weights} cap {rule.cap_factor}^{rule.cap_exponent}: {allocated.round(3)}",
                  file=sys.stderr)  # fmt: skip
    return best


def _levels(examples: Examples, rule: SizingRule) -> tuple[tuple[float, float], ...]:
    used = np.minimum.accumulate([examples.level_for(rule, risk)[0] for risk in ASKED])
    return tuple((risk, float(f"{level:.3g}")) for risk, level in zip(ASKED, used.tolist(), strict=True))


def source_lines(rules: Sequence[SizingRule]) -> str:
    """The dictionary's body, as it stands in domain/size_constants.py."""
    lines = []
    for rule in rules:
        source, resource = rule.name.split("/")
        lines.append(
            f'    ("{source}", Resource.{resource.upper()}): SizingRule(\n'
            f'        name="{rule.name}", fitted_on="{rule.fitted_on}", forecast_weight={rule.forecast_weight}, '
            f"tail_weight={rule.tail_weight}, "
            f"cap_factor={rule.cap_factor}, cap_exponent={rule.cap_exponent},\n        levels={rule.levels},\n    ),\n"
        )
    return "".join(lines)


def main() -> None:
    """Fit, print, and write when asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--source", nargs="+", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    container = build_container()
    metrics = ("cpu", "cpu_max", "memory", "memory_max")
    pairs = pair_series(list(container.backtest_source(options.source, metrics=metrics).read()))
    fitted = [item for item in pairs if item.in_use and not item.kept_apart]
    rules: list[SizingRule] = []
    for forecaster in container.own_forecasters().values():
        found = {kind: examples_of([one for one in fitted if one.resource is kind], forecaster) for kind in Resource}
        rules += fit({kind: item for kind, (item, _) in found.items()}, found[Resource.CPU][1])
    text = source_lines(rules)
    print(text, end="")
    if options.write:
        path = Path("domain/size_constants.py")
        head, rest = path.read_text().split("SizingRule] = {\n")
        path.write_text(f"{head}SizingRule] = {{\n{text}}}{rest.split(chr(10) + '}', 1)[1]}")


if __name__ == "__main__":
    main()
