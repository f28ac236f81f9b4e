"""Draws training windows at random from many series, the way the service model is meant to be used.

Every batch is new: a series, an hour at which to forecast, how much history to show. Some windows are shown only
their last days, so that the network learns how uncertain a short history is; some are blends of two windows, which
keeps it from learning services by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidData
from domain.training_set import TrainingSeries
from domain.window_covariates import DAY, MAX_HOURS, WEEK, build_window_covariates, fill_unobserved

Singles = NDArray[np.float32]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]

MONDAY_OFFSET: Final = 72  # 1970-01-01 was a Thursday
MIN_OBSERVED_SHARE: Final = 0.8
MIN_OBSERVED_TARGET: Final = 20
TARGET_LIMITS: Final = (-10.0, 20.0)
WEIGHT_LIMITS: Final = (0.05, 6.0)
# Series whose day-to-day change is below this share of their level are all but constant.
LEVEL_FLOOR: Final = 0.01
PREFERRED_METRICS: Final = ("cpu", "memory", "requests", "events", "avg_cpu", "avg_memory", "total_events")
_OVERDRAWN: Final = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingPlan:
    """How windows are drawn.

    Attributes:
        dataset_power: A data set of H hours is drawn in proportion to H to this power: below 1 small sets count more.
        mean_preference: How much more often hourly means of the metrics judged are drawn than other series.
        preferred_metrics: The metrics judged.
        short_share: Share of windows that show less than a week.
        week_share: Share of windows that show exactly a week at most.
        mix_share: Share of windows blended with another.
    """

    dataset_power: float = 0.85
    mean_preference: float = 2.0
    preferred_metrics: tuple[str, ...] = PREFERRED_METRICS
    short_share: float = 0.08
    week_share: float = 0.15
    mix_share: float = 0.4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WindowBatch:
    """Inputs (batch, 24, features), anchor, scaled target and weight (batch, 24 each), all float32.

    The weight is 0 where the target was not observed; elsewhere it turns a scaled error into the error relative to
    that of the daily seasonal naive over the whole series, which is what forecasts are judged by.
    """

    inputs: Singles
    anchor: Singles
    target: Singles
    weight: Singles


class WindowSampler:
    """Windows of a list of series; deterministic for a generator's state."""

    def __init__(self, series: Sequence[TrainingSeries], plan: SamplingPlan) -> None:
        usable = [one for one in series if one.values.size > 2 * DAY and _naive_error(one) > 0]
        if not usable:
            raise InvalidData("no series is longer than two days and changes; add data")
        self._plan = plan
        self.n_series = len(usable)
        self._values = np.concatenate([one.values for one in usable])
        self._observed = np.concatenate([one.observed for one in usable])
        self._seen_before = np.concatenate([[0], np.cumsum(self._observed)])
        self._length = np.array([one.values.size for one in usable])
        self._offset = np.concatenate([[0], np.cumsum(self._length)[:-1]])
        self._first_hour = np.array([one.first_hour for one in usable])
        self._naive = np.array([_naive_error(one) for one in usable])
        self._chance = np.cumsum(_probabilities(usable, plan))

    @property
    def total_hours(self) -> int:
        """Hours over all series."""
        return int(self._length.sum())

    @property
    def longest(self) -> int:
        """Hours of the longest series."""
        return int(self._length.max())

    def draw(self, size: int, random: np.random.Generator, *, history_hours: int | None = None) -> WindowBatch:
        """About ``size`` windows (never more; fewer only where series are full of holes).

        Args:
            size: Windows wanted.
            random: Where chance comes from.
            history_hours: Show exactly so many hours; as the plan says when None.

        Raises:
            InvalidData: No series has a window complete enough.
        """
        series, origin, hours = self._candidates(int(size * _OVERDRAWN), random)
        if history_hours is not None:
            hours = np.where(origin >= history_hours, history_hours, 0)
        chosen = np.flatnonzero(self._complete_enough(series, origin, hours))[:size]
        if not chosen.size:
            raise InvalidData("no window of the series is complete enough to learn from; add history")
        series, origin, hours = series[chosen], origin[chosen], hours[chosen]
        parts = [self._batch(series[hours == n], origin[hours == n], int(n), random) for n in np.unique(hours).tolist()]
        return WindowBatch(
            inputs=np.concatenate([part.inputs for part in parts]),
            anchor=np.concatenate([part.anchor for part in parts]),
            target=np.concatenate([part.target for part in parts]),
            weight=np.concatenate([part.weight for part in parts]),
        )

    def _candidates(self, count: int, random: np.random.Generator) -> tuple[Integers, Integers, Integers]:
        series = np.minimum(np.searchsorted(self._chance, random.random(count)), self.n_series - 1)
        length = self._length[series]
        earliest = np.minimum(WEEK, length - DAY)
        origin = earliest + (random.random(count) * (length - DAY + 1 - earliest)).astype(np.int64)
        # Whole days, so that a batch falls into few groups of equal length.
        hours = np.minimum(MAX_HOURS, origin) // DAY * DAY
        lot = random.random(count)
        short = np.minimum(hours, int(random.integers(DAY, WEEK)))
        week = np.minimum(hours, WEEK)
        plan = self._plan
        hours = np.where(lot < plan.short_share, short, np.where(lot < plan.short_share + plan.week_share, week, hours))
        return series, origin, hours

    def _complete_enough(self, series: Integers, origin: Integers, hours: Integers) -> Bools:
        at = self._offset[series] + origin
        seen = self._seen_before
        history = seen[at] - seen[at - hours] >= MIN_OBSERVED_SHARE * hours
        yesterday = seen[at] - seen[at - DAY] >= DAY // 2
        target = seen[at + DAY] - seen[at] >= MIN_OBSERVED_TARGET
        return np.asarray(history & yesterday & target & (hours >= DAY))

    def _batch(self, series: Integers, origin: Integers, hours: int, random: np.random.Generator) -> WindowBatch:
        at = (self._offset[series] + origin)[:, None]
        past, future = at + np.arange(-hours, 0), at + np.arange(DAY)
        observed = self._observed[past]
        values = self._values[past].astype(np.float64)
        holes = np.flatnonzero(~observed.all(axis=1))
        if holes.size:
            values[holes] = fill_unobserved(values[holes], observed[holes])
        counts = np.stack([observed[:, -WEEK:].sum(axis=1), observed.sum(axis=1)], axis=1)
        target, known, naive = self._values[future], self._observed[future], self._naive[series]
        if self._plan.mix_share > 0:
            values, target, known, naive = _mixed(values, target, known, naive, self._plan.mix_share, random)
        hour_of_week = (self._first_hour[series] + origin + MONDAY_OFFSET) % WEEK
        made = build_window_covariates(values, counts, hour_of_week)
        scaled = np.clip((target - made.level[:, None]) / made.spread[:, None], *TARGET_LIMITS)
        weight = known * np.clip(made.spread / naive, *WEIGHT_LIMITS)[:, None]
        return WindowBatch(
            inputs=made.inputs,
            anchor=made.anchor,
            target=scaled.astype(np.float32),
            weight=weight.astype(np.float32),
        )


def _mixed(
    values: NDArray[np.float64],
    target: Singles,
    known: Bools,
    naive: NDArray[np.float64],
    share: float,
    random: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], Bools, NDArray[np.float64]]:
    """Blend a share of the windows with another of the same batch, each in units of its own spread.

    After "TSMixup" of Ansari et al., Chronos, 2024 (arXiv 2403.07815), with the level kept in the blend.
    """
    level = values.mean(axis=1, keepdims=True)
    spread = np.maximum(values.std(axis=1, keepdims=True), 1e-3 * np.abs(level) + 1e-9)
    other = random.permutation(len(values))
    blended = random.random((len(values), 1)) < share
    own = np.where(blended, random.beta(0.7, 0.7, (len(values), 1)), 1.0)
    mixed_values = own * (values / spread) + (1 - own) * (values / spread)[other]
    mixed_target = own * (target / spread) + (1 - own) * (target / spread)[other]
    scale = naive[:, None] / spread
    return mixed_values, mixed_target, known & (known[other] | ~blended), (own * scale + (1 - own) * scale[other])[:, 0]


def _naive_error(series: TrainingSeries) -> float:
    """Mean absolute change from one day to the next, at least 1 % of the level."""
    both = series.observed[DAY:] & series.observed[:-DAY]
    if not both.any():
        return 0.0
    change = float(np.abs(series.values[DAY:] - series.values[:-DAY])[both].mean(dtype=np.float64))
    level = float(np.abs(series.values[series.observed]).mean(dtype=np.float64))
    return max(change, LEVEL_FLOOR * level) if change > 0 else 0.0


def _probabilities(series: Sequence[TrainingSeries], plan: SamplingPlan) -> NDArray[np.float64]:
    length = np.array([one.values.size for one in series], dtype=np.float64)
    liked = np.array([one.metric_name in plan.preferred_metrics for one in series])
    inside = np.maximum(length - WEEK - DAY, DAY) * np.where(liked, plan.mean_preference, 1.0)
    names = np.array([one.dataset for one in series])
    chance = np.zeros(len(series))
    for name in np.unique(names):
        member = names == name
        chance[member] = inside[member] / inside[member].sum() * length[member].sum() ** plan.dataset_power
    return np.asarray(chance / chance.sum())
