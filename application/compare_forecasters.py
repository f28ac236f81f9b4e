"""How the LSTM and the baseline did on the recent days of series, and what follows for the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from application.windows import BacktestWindow, forecast_each, trial_windows
from domain.ports.forecaster import Forecaster
from domain.selection import (
    LSTM_WEIGHTS,
    Comparison,
    Selection,
    blend_losses,
    comparison_time,
    prior_selection,
    select,
)
from domain.series import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareForecasters:
    """Lets two forecasters forecast days that are past, without a look ahead.

    Attributes:
        lstm: The trained model.
        baseline: What answers where the model stands down.
    """

    lstm: Forecaster
    baseline: Forecaster

    def selections(self, windows: Sequence[BacktestWindow]) -> list[Selection]:
        """For each window what a plan made at its origin would use; each day of a series is forecast but once."""
        wanted = [trial_windows(window.subject, comparison_time(window.request.start)) for window in windows]
        trials = {_key(trial): trial for trials in wanted for trial in trials}
        losses = dict(zip(trials, self.losses(list(trials.values())), strict=True))
        return [
            decide([(trial, losses[_key(trial)]) for trial in trials], window.request.target.observed_hours)
            for window, trials in zip(windows, wanted, strict=True)
        ]

    def losses(self, trials: Sequence[BacktestWindow]) -> Floats:
        """Shape (n, k): loss of every blend on every day; NaN for days that one of the two cannot forecast."""
        losses = np.full((len(trials), len(LSTM_WEIGHTS)), np.nan)
        requests = [trial.request for trial in trials]
        ours, theirs = forecast_each(self.lstm, requests), forecast_each(self.baseline, requests)
        pairs = [(a, b) if a and b else None for a, b in zip(ours, theirs, strict=True)]
        rows = [row for row, pair in enumerate(pairs) if pair]
        if rows:
            losses[rows] = blend_losses(
                np.array([trials[row].actual for row in rows]),
                np.array([trials[row].observed for row in rows]),
                np.array([pair[0].quantiles for pair in pairs if pair]),
                np.array([pair[1].quantiles for pair in pairs if pair]),
            )
        return losses


def decide(found: Sequence[tuple[BacktestWindow, Floats]], observed_hours: int) -> Selection:
    """The selection that compared days make; the prior's where there are none."""
    compared = [(trial.request.start, losses) for trial, losses in found if np.isfinite(losses).all()]
    if not compared:
        return prior_selection(observed_hours, Comparison.TOO_SHORT)
    return select([day for day, _ in compared], np.array([losses for _, losses in compared]), observed_hours)


def _key(trial: BacktestWindow) -> tuple[int, datetime]:
    return id(trial.subject), trial.request.start
