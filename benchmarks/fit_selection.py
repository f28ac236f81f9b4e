"""Measure when the LSTM should stand down: the prior and its strength, as in ``domain/selection.py``.

    python -m benchmarks.fit_selection --source FOLDER [--leave-out DATASET …] [--models models]

Only services that training kept apart are used (the split of ``mcp-core train service``; ``--leave-out`` names the data
sets it was told to leave out). Prints the mean loss of every blend by length of history: the prior. Then, for services
halved by a hash, MAE and pinball ratios of the LSTM, the baseline, the better of the two, and blends with priors of
several strengths and cautions, the prior always from the other half. Needs the extra ``train``; about two minutes.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from adapters.forecasters.naive import seasonal_naive
from adapters.forecasters.onnx_lstm import OnnxLstmForecaster
from adapters.forecasters.statistical import StatisticalForecaster
from adapters.traces.arrow_backtest_source import ArrowBacktestSource
from adapters.training.series_reader import read_series
from application.compare_forecasters import CompareForecasters
from application.windows import BacktestWindow, rolling_windows, trial_windows
from domain.forecast import Forecast
from domain.ports.backtest_source import BacktestSeries
from domain.ports.forecaster import LOOKBACK_HOURS
from domain.scoring import SeriesScore, score_overall, tally
from domain.selection import LSTM_WEIGHTS, MARGIN_EVERY_DAYS, best_blend, cautious, comparison_time
from domain.series import Floats
from domain.training_set import Side, split_by_service

HISTORY_HOURS = (24, 48, 96, 168)
PRIOR_DAYS = (0.0, 4.0, 8.0, 16.0)
CAUTIONS = (0.0, 0.04, 0.08)
ORIGINS = 7
BATCH = 64
SMALLEST_SHARE = 1e-3

Rule = Callable[[Floats], float]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Case:
    """One window: what both say, the losses of the days before it that may be chosen from, and what happened."""

    window: BacktestWindow
    lstm: Forecast
    baseline: Forecast
    naive: Forecast
    before: Floats


def kept_apart(paths: Sequence[Path], left_out: Sequence[str]) -> list[BacktestSeries]:
    """Hourly means of services whose data the shipped model was not fitted on."""
    sides = split_by_service(read_series(paths, leave_out=left_out))
    return [
        subject
        for subject in ArrowBacktestSource(paths).read()
        if sides.get((subject.dataset, subject.service_id)) is not Side.TRAINING
    ]


def prior(compare: CompareForecasters, subjects: Sequence[BacktestSeries], hours: int) -> Floats:
    """Mean loss of every blend with histories cut to ``hours``, not cut for the longest.

    Summed over the days of a series, then averaged geometrically over series and data sets, as in the score.
    """
    by_dataset: dict[str, list[Floats]] = defaultdict(list)
    kept = hours if hours < HISTORY_HOURS[-1] else LOOKBACK_HOURS
    for subject in subjects:
        windows = [
            replace(window, request=replace(window.request, target=window.request.target.last(kept)))
            for window in rolling_windows(subject, ORIGINS)
            if len(window.request.target) >= hours
        ]
        losses = compare.losses(windows)
        total = losses[np.isfinite(losses).all(axis=1)].sum(axis=0)
        unit = (total[0] + total[-1]) / 2
        if unit > 0:
            by_dataset[subject.dataset].append(np.log(np.maximum(total / unit, SMALLEST_SHARE)))
    means = np.array([np.mean(rows, axis=0) for rows in by_dataset.values()])
    # Large data sets tell more than small ones, but not in proportion: their services are alike.
    weights = np.sqrt([len(rows) for rows in by_dataset.values()])
    return np.asarray(np.exp(weights @ means / weights.sum()))


def cases(compare: CompareForecasters, subjects: Sequence[BacktestSeries]) -> Iterator[Case]:
    """The newest windows of every series with the days before them."""
    for first in range(0, len(subjects), BATCH):
        windows = [
            window for subject in subjects[first : first + BATCH] for window in rolling_windows(subject, ORIGINS)
        ]
        requests = [window.request for window in windows]
        made = [each.forecast_many(requests) for each in (compare.lstm, compare.baseline, seasonal_naive())]
        wanted = [trial_windows(item.subject, comparison_time(item.request.start)) for item in windows]
        trials = {(id(item.subject), item.request.start): item for group in wanted for item in group}
        losses = dict(zip(trials, compare.losses(list(trials.values())), strict=True))
        for row, window in enumerate(windows):
            days = [item for item in wanted[row] if item.request.start.toordinal() % MARGIN_EVERY_DAYS]
            found = np.array([losses[id(item.subject), item.request.start] for item in days])
            found = found.reshape(-1, len(LSTM_WEIGHTS))
            yield Case(
                window=window, lstm=made[0][row], baseline=made[1][row], naive=made[2][row],
                before=found[(found[:, 0] + found[:, -1]) > 0],
            )  # fmt: skip


def score(found: Sequence[Case], rule: Rule) -> str:
    """MAE and pinball ratio of a rule, coverage of p90, p95 and p99, and how often each engine answers alone."""
    weights = [rule(case.before) for case in found]
    scores, first = [], 0
    for stop in range(1, len(found) + 1):
        if stop < len(found) and found[stop].window.subject is found[first].window.subject:
            continue
        group, mine = found[first:stop], weights[first:stop]
        actual = np.array([case.window.actual for case in group])
        observed = np.array([case.window.observed for case in group])
        ours = [
            weight * case.lstm.quantiles + (1.0 - weight) * case.baseline.quantiles
            for case, weight in zip(group, mine, strict=True)
        ]
        subject = group[0].window.subject
        scores.append(
            SeriesScore(
                dataset=subject.dataset,
                series=subject.label,
                method=tally(actual, observed, np.array(ours)),
                reference=tally(actual, observed, np.array([case.naive.quantiles for case in group])),
            )
        )
        first = stop
    total = score_overall(scores)
    covered = " ".join(f"{total.coverage[level]:.3f}" for level in (0.9, 0.95, 0.99))
    alone = f"lstm alone {np.mean(np.equal(weights, 1.0)):.2f}, baseline alone {np.mean(np.equal(weights, 0.0)):.3f}"
    return f"MAE {total.mae_ratio:.4f} pinball {total.pinball_ratio:.4f} coverage {covered} {alone}"


def rules(curve: Floats) -> Mapping[str, Rule]:
    """Ways of choosing, by name."""

    def shrunk(days: float, caution: float = 0.0) -> Rule:
        return lambda losses: LSTM_WEIGHTS[best_blend(losses, cautious(curve, caution), days)]

    def better(losses: Floats) -> float:
        sums = (losses / losses[:, [0, -1]].mean(axis=1, keepdims=True)).sum(axis=0)
        return float(sums[-1] <= sums[0])

    return {
        "lstm": lambda _: 1.0,
        "baseline": lambda _: 0.0,
        "prior's blend": shrunk(1e9),
        "the better one": better,
        **{
            f"blend, {days:g} days, caution {caution:g}": shrunk(days, caution)
            for days in PRIOR_DAYS
            for caution in CAUTIONS
        },
    }


def _half(subject: BacktestSeries) -> int:
    return int(hashlib.sha256(f"{subject.dataset}/{subject.service_id}".encode()).hexdigest(), 16) % 2


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", nargs="+", type=Path, required=True)
    parser.add_argument("--leave-out", nargs="*", default=[])
    parser.add_argument("--models", type=Path, default=Path("models"))
    options = parser.parse_args()
    compare = CompareForecasters(lstm=OnnxLstmForecaster(options.models / "service"), baseline=StatisticalForecaster())
    subjects = kept_apart(options.source, options.leave_out)
    print(f"{len(subjects)} series; PRIORS = (")
    for hours in HISTORY_HOURS:
        values = ", ".join(f"{value:.3f}" for value in prior(compare, subjects, hours))
        print(f"    ({hours}, ({values})),", flush=True)
    print(")")
    halves = [[subject for subject in subjects if _half(subject) == side] for side in (0, 1)]
    for mine, other in (halves, halves[::-1]):
        found = list(cases(compare, mine))
        print(f"\n{len(mine)} series, {len(found)} windows")
        for name, rule in rules(prior(compare, other, HISTORY_HOURS[-1])).items():
            print(f"{name:28} {score(found, rule)}", flush=True)


if __name__ == "__main__":
    main()
