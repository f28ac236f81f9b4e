"""The score forecasts are held to: errors relative to the daily seasonal naive, series by series.

Per series the absolute error and the pinball loss are summed over all its windows and divided by those of the daily
seasonal naive; the ratios are averaged geometrically over series, then over data sets. Sums first, because scaled
errors averaged over windows are ruled by a few nearly constant ones. Coverage is pooled over hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from domain.forecast import MEDIAN_INDEX, QUANTILE_LEVELS
from domain.series import Bools, Floats

SCORE_LEVELS = (0.1, 0.5, 0.9, 0.95, 0.99)
# Below this share of the level the naive's error says nothing: the series is left out and counted.
NEGLIGIBLE_ERROR_SHARE = 0.01
# A data set with fewer series has no say in the overall ratio.
MIN_SERIES_PER_DATASET = 5
_SMALLEST_RATIO = 1e-6

_LEVELS = np.array(QUANTILE_LEVELS)
SCORED_INDEXES = np.array([QUANTILE_LEVELS.index(level) for level in SCORE_LEVELS])


def pinball_loss(actual: Floats, quantiles: Floats) -> Floats:
    """Pinball loss max(q·d, (q − 1)·d), d = actual − quantile (Koenker & Bassett 1978).

    Args:
        actual: Shape (..., 24).
        quantiles: Shape (..., 24, 7) at ``QUANTILE_LEVELS``.

    Returns:
        Shape (..., 24, 7), in the unit of the values.
    """
    off = actual[..., None] - quantiles
    loss: Floats = np.maximum(_LEVELS * off, (_LEVELS - 1.0) * off)
    return loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums of one method over the windows of one series.

    Attributes:
        windows: How many windows were forecast.
        hours: How many hours were scored: those really observed.
        absolute_error: Σ |actual − median|, in the series' unit.
        pinball: Σ pinball loss over ``SCORE_LEVELS``, in the series' unit.
        level: Σ |actual|.
        covered: Hours at or below each of ``QUANTILE_LEVELS``.
    """

    windows: int = 0
    hours: int = 0
    absolute_error: float = 0.0
    pinball: float = 0.0
    level: float = 0.0
    covered: tuple[int, ...] = (0,) * len(QUANTILE_LEVELS)


def tally(actual: Floats, observed: Bools, quantiles: Floats) -> Tally:
    """Sum up windows.

    Args:
        actual: Shape (w, 24); hours that were not observed are ignored.
        observed: Shape (w, 24).
        quantiles: Shape (w, 24, 7).
    """
    loss = pinball_loss(actual, quantiles)[..., SCORED_INDEXES].sum(axis=-1)
    below = (actual[..., None] <= quantiles) & observed[..., None]
    return Tally(
        windows=len(actual),
        hours=int(np.count_nonzero(observed)),
        absolute_error=float(np.abs(actual - quantiles[..., MEDIAN_INDEX])[observed].sum()),
        pinball=float(loss[observed].sum()),
        level=float(np.abs(actual)[observed].sum()),
        covered=tuple(int(count) for count in below.sum(axis=(0, 1))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesScore:
    """One method on one series, beside the reference on the very same windows.

    Attributes:
        dataset: Name of the data set the series belongs to.
        series: What identifies it there.
        method: What was forecast.
        reference: The daily seasonal naive.
        seconds: Time the method took for these windows.
    """

    dataset: str
    series: str
    method: Tally
    reference: Tally
    seconds: float = 0.0

    @property
    def counts(self) -> bool:
        """Whether the naive's error is large enough, against the level, to be a yardstick."""
        error = self.reference.absolute_error
        return error > 0.0 and error >= NEGLIGIBLE_ERROR_SHARE * self.reference.level

    @property
    def mae_ratio(self) -> float:
        """Absolute error over the reference's; only where the series ``counts``."""
        return self.method.absolute_error / self.reference.absolute_error

    @property
    def pinball_ratio(self) -> float:
        """Pinball loss over the reference's; only where the series ``counts``."""
        return self.method.pinball / self.reference.pinball

    @property
    def wape(self) -> float:
        """Σ |error| / Σ |actual|; infinite where nothing was used."""
        return self.method.absolute_error / self.method.level if self.method.level else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodScore:
    """One method over many series.

    Attributes:
        mae_ratio: Geometric mean over series (overall: over data sets) of absolute error ÷ the reference's; None
            where no series counts.
        pinball_ratio: The same of the pinball loss.
        wape: Median over series of Σ |error| / Σ |actual|; None where no series counts.
        coverage: Share of hours at or below each of ``QUANTILE_LEVELS``, pooled over hours.
        win_rate: Share of series with a smaller absolute error than the reference.
        ms_per_forecast: Milliseconds per window, in batches.
        n_series: Series that count.
        n_series_left_out: Series on which the reference's error is negligible.
        n_windows: Windows of the series that count.
    """

    mae_ratio: float | None = None
    pinball_ratio: float | None = None
    wape: float | None = None
    coverage: dict[float, float] = field(default_factory=dict)
    win_rate: float | None = None
    ms_per_forecast: float = 0.0
    n_series: int = 0
    n_series_left_out: int = 0
    n_windows: int = 0


def score_dataset(scores: Sequence[SeriesScore]) -> MethodScore:
    """One method over the series of one data set."""
    counted = [score for score in scores if score.counts]
    windows = sum(score.method.windows for score in scores)
    seconds = sum(score.seconds for score in scores)
    base = MethodScore(
        n_series=len(counted),
        n_series_left_out=len(scores) - len(counted),
        n_windows=sum(score.method.windows for score in counted),
        ms_per_forecast=1e3 * seconds / windows if windows else 0.0,
    )
    if not counted:
        return base
    return replace(
        base,
        mae_ratio=geometric_mean(score.mae_ratio for score in counted),
        pinball_ratio=geometric_mean(score.pinball_ratio for score in counted),
        wape=float(np.median([score.wape for score in counted])),
        coverage=_pooled_coverage(counted),
        win_rate=sum(score.mae_ratio < 1.0 for score in counted) / len(counted),
    )


def score_overall(scores: Sequence[SeriesScore]) -> MethodScore:
    """One method over all data sets.

    The ratios are geometric means over the data sets with at least ``MIN_SERIES_PER_DATASET`` series that count (over
    all of them when none has as many); everything else is pooled over series.
    """
    names = dict.fromkeys(score.dataset for score in scores)
    each = [score_dataset([score for score in scores if score.dataset == name]) for name in names]
    scored = [item for item in each if item.n_series]
    large = [item for item in scored if item.n_series >= MIN_SERIES_PER_DATASET] or scored
    pooled = score_dataset(scores)
    if not large:
        return pooled
    return replace(
        pooled,
        mae_ratio=geometric_mean(item.mae_ratio for item in large if item.mae_ratio is not None),
        pinball_ratio=geometric_mean(item.pinball_ratio for item in large if item.pinball_ratio is not None),
    )


def geometric_mean(ratios: Iterable[float]) -> float:
    """Geometric mean; a perfect forecast's 0 is taken as 1e-6, so that one series cannot decide alone."""
    values = np.maximum(np.fromiter(ratios, dtype=np.float64), _SMALLEST_RATIO)
    return float(np.exp(np.log(values).mean()))


def _pooled_coverage(scores: Sequence[SeriesScore]) -> dict[float, float]:
    hours = sum(score.method.hours for score in scores)
    covered = np.array([score.method.covered for score in scores]).sum(axis=0)
    return {level: float(count) / hours for level, count in zip(QUANTILE_LEVELS, covered, strict=True)}
