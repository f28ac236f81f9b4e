"""How good the service model is on services it never saw: by length of history, and on virtual machines in use.

    python -m benchmarks.service_model --source FOLDER [--leave-out DATASET …] [--models models] [--origins 0]

Prints for histories of one day to two weeks the error and pinball ratio against the daily seasonal naive (which always
sees a week), the share of hours below p90, p95 and p99, and the width of the interval from p10 to p99 in units of that
with two weeks. Then the ratios for the CPU and the memory of the machines of ``bitbrains_rnd`` whose mean CPU is 2 % or
more. Needs the extra ``train``; about a minute.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from adapters.forecasters.naive import seasonal_naive
from adapters.forecasters.onnx_lstm import OnnxLstmForecaster
from adapters.training.kept_apart import KeptApartSource
from application.windows import BacktestWindow, forecast_each, rolling_windows
from domain.forecast import Forecast
from domain.ports.backtest_source import BacktestSeries
from domain.scoring import MethodScore, SeriesScore, score_dataset, score_overall, tally

METRICS = ("cpu", "memory", "requests", "events")
HISTORY_HOURS = (24, 48, 72, 96, 120, 144, 167, 336)
IN_USE, MACHINES = 0.02, "bitbrains_rnd"
BATCH = 64

Answered = tuple[BacktestWindow, Forecast, Forecast]


def answers(
    subjects: Sequence[BacktestSeries], forecaster: OnnxLstmForecaster, origins: int, hours: int
) -> list[Answered]:
    """What the model says from histories cut to ``hours``, and what the seasonal naive says from whole ones."""
    found: list[Answered] = []
    for first in range(0, len(subjects), BATCH):
        windows = [w for subject in subjects[first : first + BATCH] for w in rolling_windows(subject, origins)]
        cut = [replace(w.request, target=w.request.target.last(hours)) for w in windows]
        naive = forecast_each(seasonal_naive(), [window.request for window in windows])
        ours = forecast_each(forecaster, cut)
        found += [(w, a, b) for w, a, b in zip(windows, ours, naive, strict=True) if a and b]
    return found


def scores(found: Sequence[Answered]) -> list[SeriesScore]:
    """One score per series."""
    made = []
    for _, group in groupby(found, key=lambda one: id(one[0].subject)):
        members = list(group)
        subject = members[0][0].subject
        actual, observed = (np.array([getattr(one[0], name) for one in members]) for name in ("actual", "observed"))
        method, reference = (
            tally(actual, observed, np.array([one[side].quantiles for one in members]))  # type: ignore[union-attr]
            for side in (1, 2)
        )
        made.append(SeriesScore(dataset=subject.dataset, series=subject.label, method=method, reference=reference))
    return made


def widths(found: Sequence[Answered]) -> dict[tuple[int, object], float]:
    """Mean distance from p10 to p99 of each window."""
    return {
        (id(w.subject), w.request.start): float((ours.quantiles[:, -1] - ours.quantiles[:, 0]).mean())
        for w, ours, _ in found
    }


def line(name: str, score: MethodScore) -> str:
    """Ratios and coverage."""
    covered = " / ".join(f"{score.coverage[level]:.3f}" for level in (0.9, 0.95, 0.99))
    ratios = f"{score.mae_ratio:.3f} | {score.pinball_ratio:.3f}"
    return f"| {name} | {score.n_series} | {score.n_windows} | {ratios} | {covered} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", nargs="+", type=Path, required=True)
    parser.add_argument("--leave-out", nargs="*", default=[])
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--origins", type=int, default=0)
    options = parser.parse_args()
    forecaster = OnnxLstmForecaster(options.models / "service")
    source = KeptApartSource(options.source, leave_out=options.leave_out, metrics=METRICS)
    subjects = [one for one in source.read() if one.dataset not in options.leave_out]
    whole = widths(answers(subjects, forecaster, options.origins, HISTORY_HOURS[-1]))
    for hours in HISTORY_HOURS:
        found = answers(subjects, forecaster, options.origins, hours)
        mine = widths(found)
        wider = np.exp(np.mean([np.log(mine[key] / whole[key]) for key in mine if whole.get(key, 0) > 0 < mine[key]]))
        print(f"{line(f'{hours} hours', score_overall(scores(found)))} {wider:.2f} |", flush=True)
    busy = {
        one.service_id
        for one in subjects
        if (one.dataset, one.metric.name) == (MACHINES, "cpu") and one.series.observed_values.mean() >= IN_USE
    }
    for metric in ("cpu", "memory"):
        chosen = [
            one for one in subjects
            if one.dataset == MACHINES and one.service_id in busy and one.metric.name == metric
        ]  # fmt: skip
        print(line(metric, score_dataset(scores(answers(chosen, forecaster, options.origins, HISTORY_HOURS[-1])))))


if __name__ == "__main__":
    main()
