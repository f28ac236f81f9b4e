"""Which of two forecasters answers for a series: decided by how each did on the series' own recent days.

On each of the last days both forecasters are given what was known before that day, and the loss of every blend of the
two is noted. The blend with the smallest loss answers. A prior measured over many services counts as much as some days,
and a little is added to it in the LSTM's favour, so that little history changes little. Every third calendar day is
kept out of the choice: the margin is told from those days alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache

import numpy as np

from domain.forecast import MEDIAN_INDEX, Forecast
from domain.scoring import SCORED_INDEXES, pinball_loss
from domain.series import Bools, Floats, floor_hour

# Shares of the LSTM in the blends that are tried, ascending; the rest is the baseline's. 0: the LSTM stands down.
LSTM_WEIGHTS = tuple(step / 10 for step in range(11))
# Days looked at, and hours of history from which all of them have two weeks before them.
TRIAL_DAYS = 14
COMPARISON_HOURS = 672
DAY = timedelta(days=1)
# Every so many calendar days one serves the margin only; 3 shares no factor with the week.
MARGIN_EVERY_DAYS = 3
# How many days the prior counts for, and the prior itself: least observed hours → mean loss of each blend on services
# the LSTM never saw, in units of the two forecasters' mean loss. All from benchmarks/fit_selection.py.
PRIOR_DAYS = 8.0
# What the baseline's whole share costs on top, in the same units: the curves are flat near the LSTM, and what a
# fortnight shows there is mostly chance.
CAUTION = 0.08
PRIORS: tuple[tuple[int, tuple[float, ...]], ...] = (
    (24, (1.056, 1.037, 1.020, 1.004, 0.989, 0.976, 0.965, 0.955, 0.946, 0.938, 0.933)),
    (48, (1.021, 1.009, 0.999, 0.990, 0.982, 0.976, 0.972, 0.969, 0.968, 0.969, 0.972)),
    (96, (1.030, 1.015, 1.002, 0.991, 0.981, 0.974, 0.968, 0.965, 0.963, 0.963, 0.966)),
    (168, (1.049, 1.029, 1.010, 0.994, 0.979, 0.966, 0.955, 0.947, 0.941, 0.939, 0.940)),
)


class Comparison(StrEnum):
    """What a selection rests on."""

    COMPARED = "compared"
    NOT_YET = "not_yet"
    TOO_SHORT = "too_short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How much of the answer is the LSTM's, and why.

    Attributes:
        lstm_weight: One of ``LSTM_WEIGHTS``; the baseline has the rest.
        rests_on: The series' own past, or the prior because nothing was compared yet or there was too little of it.
        days_chosen: Days the choice was made on.
        days_measured: Days the two ratios below were measured on; none of them was used to choose.
        first_day: Start of the oldest of all these days.
        last_day: Start of the newest.
        loss_to_lstm: The answer's loss over that of the LSTM alone; None where it was not measured.
        loss_to_baseline: The same over that of the baseline alone.
    """

    lstm_weight: float
    rests_on: Comparison
    days_chosen: int = 0
    days_measured: int = 0
    first_day: datetime | None = None
    last_day: datetime | None = None
    loss_to_lstm: float | None = None
    loss_to_baseline: float | None = None

    @property
    def stands_down(self) -> bool:
        """Whether the baseline answers alone."""
        return self.lstm_weight == 0.0


def comparison_time(start: datetime) -> datetime:
    """Midnight before ``start``: only what was known then decides, so that a whole day shares one choice."""
    return floor_hour(start).replace(hour=0)


def blend_losses(actual: Floats, observed: Bools, lstm: Floats, baseline: Floats) -> Floats:
    """Loss of every blend in a day: absolute error plus pinball loss, as both are what forecasts are held to.

    Args:
        actual: Shape (..., 24).
        observed: Shape (..., 24).
        lstm: Shape (..., 24, 7).
        baseline: Shape (..., 24, 7).

    Returns:
        Shape (..., k), a column for each of ``LSTM_WEIGHTS``, in the unit of the values.
    """
    columns = []
    for weight in LSTM_WEIGHTS:
        quantiles = weight * lstm + (1.0 - weight) * baseline
        pinball = pinball_loss(actual, quantiles)[..., SCORED_INDEXES].sum(axis=-1)
        columns.append(((np.abs(actual - quantiles[..., MEDIAN_INDEX]) + pinball) * observed).sum(axis=-1))
    losses: Floats = np.stack(columns, axis=-1)
    return losses


@cache
def prior_selection(observed_hours: int, rests_on: Comparison) -> Selection:
    """What answers where the series' own past says nothing: the blend that is best over many services."""
    nothing = np.empty((0, len(LSTM_WEIGHTS)))
    return Selection(lstm_weight=LSTM_WEIGHTS[best_blend(nothing, prior_of(observed_hours))], rests_on=rests_on)


def select(days: Sequence[datetime], losses: Floats, observed_hours: int) -> Selection:
    """Choose the blend from some days and measure it on the others.

    Args:
        days: Starts of the days compared, oldest first.
        losses: Of ``blend_losses``, a row a day.
        observed_hours: Of the series, for the prior.
    """
    measured = np.array([day.toordinal() % MARGIN_EVERY_DAYS == 0 for day in days], dtype=bool)
    telling = ~measured & (losses[:, 0] + losses[:, -1] > 0)
    if not telling.any():
        return prior_selection(observed_hours, Comparison.TOO_SHORT)
    best = best_blend(losses[telling], prior_of(observed_hours))
    apart = losses[measured].sum(axis=0)
    return Selection(
        lstm_weight=LSTM_WEIGHTS[best], rests_on=Comparison.COMPARED,
        days_chosen=int(telling.sum()), days_measured=int(measured.sum()), first_day=days[0], last_day=days[-1],
        loss_to_lstm=_ratio(apart[best], apart[-1]), loss_to_baseline=_ratio(apart[best], apart[0]),
    )  # fmt: skip


def best_blend(losses: Floats, prior: Floats, prior_days: float = PRIOR_DAYS) -> int:
    """Index of the blend whose loss is least, every day counting alike and the prior like ``prior_days`` of them.

    Args:
        losses: Shape (n, k), n ≥ 0; each day is measured in the mean loss of the two forecasters, which is above 0.
        prior: Shape (k,), in the same measure.
        prior_days: How strong the prior is.

    Returns:
        The index; of equal blends the one with more of the LSTM.
    """
    unit = (losses[:, :1] + losses[:, -1:]) / 2
    total = (losses / unit).sum(axis=0) + prior_days * prior
    return len(total) - 1 - int(np.argmin(total[::-1]))


def prior_of(observed_hours: int) -> Floats:
    """Shape (k,): what is expected of each blend before anything was compared, ``CAUTION`` included."""
    fitting = [curve for hours, curve in PRIORS if observed_hours >= hours]
    return cautious(np.array(fitting[-1] if fitting else PRIORS[0][1]))


def cautious(curve: Floats, caution: float = CAUTION) -> Floats:
    """A curve of mean losses, shape (k,), with the baseline's share made dearer."""
    return curve + caution * (1.0 - np.array(LSTM_WEIGHTS))


def answer_of(selection: Selection, lstm: Forecast | None, baseline: Forecast | None) -> Forecast | None:
    """What a selection makes of two forecasts: the weighted mean of their quantiles, level by level.

    One that has no share in it may be None; where one that has a share is None, the other answers.
    """
    weight = selection.lstm_weight
    if lstm is None or baseline is None or weight in (0.0, 1.0):
        first, second = (lstm, baseline) if weight else (baseline, lstm)
        return first or second
    quantiles = weight * lstm.quantiles + (1.0 - weight) * baseline.quantiles
    return Forecast(lstm.start, quantiles, lstm.source, tuple(dict.fromkeys((*lstm.notes, *baseline.notes))))


def _ratio(loss: float, other: float) -> float | None:
    return float(loss / other) if other > 0 else None
