"""Judges the service model on services it never saw: rolling origins, one forecast a day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.training.window_sampler import MIN_OBSERVED_SHARE, MONDAY_OFFSET
from domain.forecast import QUANTILE_LEVELS
from domain.interval_calibration import IntervalCalibration, calibrated
from domain.quantile_head import assemble_quantiles
from domain.reference import seasonal_naive_quantiles
from domain.scoring import MethodScore, SeriesScore, score_dataset, score_overall, tally
from domain.training_set import TrainingSeries
from domain.window_covariates import DAY, MAX_HOURS, WEEK, Singles, build_window_covariates, fill_unobserved

Predict = Callable[[Singles], Singles]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutScores:
    """Scores of the service model: overall and per data set."""

    overall: MethodScore
    datasets: dict[str, MethodScore]


def judge(
    series: Sequence[TrainingSeries],
    predict: Predict,
    *,
    calibration: IntervalCalibration,
    metrics: Sequence[str],
    history_hours: int = MAX_HOURS,
) -> HeldOutScores:
    """Score one forecast a day, from up to ``history_hours`` hours, on hours that were observed.

    Args:
        series: Services kept apart.
        predict: The network: (batch, 24, features) → (batch, 24, levels).
        calibration: Of the interval.
        metrics: Which metrics are scored (hourly means).
        history_hours: 24 to 336; the reference always sees the last 168.
    """
    scores = [
        score
        for one in series
        if one.metric_name in metrics and (score := _score(one, predict, calibration, history_hours)) is not None
    ]
    if not scores:
        return HeldOutScores(overall=MethodScore(), datasets={})
    names = dict.fromkeys(score.dataset for score in scores)
    each = {name: score_dataset([score for score in scores if score.dataset == name]) for name in names}
    return HeldOutScores(overall=score_overall(scores), datasets=each)


def flat_figures(score: MethodScore) -> dict[str, float]:
    """What a list of models shows: ratios against the seasonal naive, coverage, and what they were measured on."""
    figures = {
        "mae_ratio": score.mae_ratio,
        "pinball_ratio": score.pinball_ratio,
        **{f"coverage_p{round(100 * level)}": share for level, share in score.coverage.items()},
        "n_series": float(score.n_series),
        "n_windows": float(score.n_windows),
    }
    return {name: round(float(value), 4) for name, value in figures.items() if value is not None}


def _score(
    series: TrainingSeries, predict: Predict, calibration: IntervalCalibration, history_hours: int
) -> SeriesScore | None:
    origins = [o for o in range(WEEK, series.values.size - DAY + 1, DAY) if _usable(series.observed, o)]
    if not origins:
        return None
    at = np.array(origins)[:, None] + np.arange(DAY)
    actual, observed = series.values[at].astype(np.float64), series.observed[at]
    quantiles = np.empty((len(origins), DAY, len(QUANTILE_LEVELS)))
    reference = np.empty_like(quantiles)
    lengths = np.minimum(origins, history_hours)
    for hours in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == hours)
        quantiles[rows] = _forecasts(series, np.array(origins)[rows], int(hours), predict, calibration)
    for row, origin in enumerate(origins):
        reference[row] = seasonal_naive_quantiles(_history(series, origin, WEEK))
    return SeriesScore(
        dataset=series.dataset,
        series=f"{series.service_id}/{series.metric_name}",
        method=tally(actual, observed, quantiles),
        reference=tally(actual, observed, reference),
    )


def _usable(observed: NDArray[np.bool_], origin: int) -> bool:
    history = observed[max(0, origin - MAX_HOURS) : origin]
    yesterday, target = observed[origin - DAY : origin], observed[origin : origin + DAY]
    return bool(history.mean() >= MIN_OBSERVED_SHARE and yesterday.sum() >= DAY // 2 and target.all())


def _history(series: TrainingSeries, origin: int, hours: int) -> NDArray[np.float64]:
    values = series.values[None, origin - hours : origin].astype(np.float64)
    filled: NDArray[np.float64] = fill_unobserved(values, series.observed[None, origin - hours : origin])[0]
    return filled


def _forecasts(
    series: TrainingSeries,
    origins: NDArray[np.int64],
    hours: int,
    predict: Predict,
    calibration: IntervalCalibration,
) -> NDArray[np.float64]:
    past = origins[:, None] + np.arange(-hours, 0)
    observed = series.observed[past]
    values = fill_unobserved(series.values[past].astype(np.float64), observed)
    counts = np.stack([observed[:, -WEEK:].sum(axis=1), observed.sum(axis=1)], axis=1)
    made = build_window_covariates(values, counts, (series.first_hour + origins + MONDAY_OFFSET) % WEEK)
    assembled = assemble_quantiles(predict(made.inputs), made.anchor)[..., : len(QUANTILE_LEVELS)]
    scaled = calibrated(assembled.astype(np.float64), calibration.of(counts[:, 1]))
    return np.asarray(scaled * made.spread[:, None, None] + made.level[:, None, None])
