"""Fit the constants of the statistical baseline on real traces, and print them as in its module.

    python -m benchmarks.fit_statistical --source FOLDER [--epochs 30] [--classes 0,1,2,3,4,5]

Seven tenths of the services (by a hash of data set and service) are fitted on, the others are only scored. Needs the
extra ``train``; about ten minutes on two cores. Same seed, same machine, same constants.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from adapters.forecasters.day_window import HOURS, DayWindow
from adapters.forecasters.naive import seasonal_naive
from adapters.forecasters.statistical_constants import CLASS_FROM_HOURS
from adapters.forecasters.statistical_rule import expert_forecasts
from adapters.traces.arrow_backtest_source import ArrowBacktestSource
from application.windows import BacktestWindow, rolling_windows
from benchmarks.statistical_in_tensorflow import Batch, Floats, Rule, losses
from domain.metrics import MAX_SUFFIX
from domain.ports.forecaster import LOOKBACK_HOURS, ForecastRequest

ORIGINS = 12
SERIES_PER_STEP = 150
MOST_WINDOWS = 45_000
# Upper ends of the classes; a week is what many callers hold, so half of its class has exactly that.
CLASS_TO_HOURS = (*(hours - 1 for hours in CLASS_FROM_HOURS[1:]), LOOKBACK_HOURS)
STEP_LEVELS = ((1, 0.25), (0, 0.1), (3, 0.75), (4, 0.9), (5, 0.95), (6, 0.99))


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Examples:
    """Windows of one class, everything per window (n, …) in units of ``scale``; ``series`` numbers the series."""

    days: Floats
    counted: Floats
    unseen: Floats
    scale: Floats
    actual: Floats
    observed: Floats
    naive_error: Floats
    naive_pinball: Floats
    series: NDArray[np.intp]
    held_out: NDArray[np.bool_]
    is_maximum: NDArray[np.bool_]
    weight: Floats

    def batch(self, rows: NDArray[np.intp]) -> Batch:
        """As the model takes them."""
        says = expert_forecasts(self.days[rows]).transpose(1, 0, 2, 3)
        return Batch(says=_f32(says), days=_f32(self.days[rows]), counted=_f32(self.counted[rows]),
                     unseen=_f32(self.unseen[rows]))  # fmt: skip


def _f32(values: NDArray[np.generic]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def read_windows(paths: Sequence[Path]) -> list[BacktestWindow]:
    """The newest windows of every series, hourly means and maxima."""
    names = {item.metric.name for item in ArrowBacktestSource(paths).read()}
    both = (*names, *(name + MAX_SUFFIX for name in names))
    subjects = ArrowBacktestSource(paths, metrics=both).read()
    return [window for subject in subjects for window in rolling_windows(subject, ORIGINS)]


def examples_of(windows: Sequence[BacktestWindow], class_index: int, seed: int) -> Examples:
    """Cut the histories to lengths of one class and bring every window to its own unit."""
    rng = np.random.default_rng(seed)
    low, high = CLASS_FROM_HOURS[class_index], CLASS_TO_HOURS[class_index]
    fitting = [item for item in windows if len(item.request.target) >= max(1, low)]
    kept = sorted(rng.permutation(len(fitting))[:MOST_WINDOWS])
    chosen = [fitting[index] for index in kept]
    lengths = rng.integers(max(1, low), high + 1, len(chosen))
    if low == 168:
        lengths[rng.random(len(chosen)) < 0.5] = low
    layout = DayWindow([_cut(item.request, int(hours)) for item, hours in zip(chosen, lengths, strict=True)])
    level = np.abs(layout.days.mean(axis=(1, 2)))
    missing = np.maximum(0.0, 1.0 - layout.hours / HOURS)
    scale = np.maximum(layout.days.std(axis=(1, 2)) + 0.1 * level * (missing > 0), 1e-3 * level + 1e-9)
    actual = np.array([item.actual for item in chosen]) / scale[:, None]
    observed = np.array([item.observed for item in chosen], dtype=np.float64)
    naive = np.array([item.quantiles for item in seasonal_naive().forecast_many([w.request for w in chosen])])
    error, pinball = losses(_f32(naive / scale[:, None, None]), _f32(actual), _f32(observed))
    labels, series = np.unique([f"{w.subject.dataset}|{w.subject.label}" for w in chosen], return_inverse=True)
    maxima = np.array([item.subject.metric.name.endswith(MAX_SUFFIX) for item in chosen])
    return Examples(
        days=layout.days / scale[:, None, None], counted=layout.counted, unseen=missing * level / scale, scale=scale,
        actual=actual, observed=observed, naive_error=np.asarray(error), naive_pinball=np.asarray(pinball),
        series=series, held_out=np.array([_held_out(item) for item in chosen]), is_maximum=maxima,
        weight=_weights(labels)[series] * np.where(maxima, 0.5, 1.0),
    )  # fmt: skip


def _cut(request: ForecastRequest, hours: int) -> ForecastRequest:
    return ForecastRequest(metric=request.metric, target=request.target.last(hours), start=request.start)


def _held_out(window: BacktestWindow) -> bool:
    key = f"{window.subject.dataset}{window.subject.service_id}".encode()
    return int(hashlib.sha256(key).hexdigest(), 16) % 10 < 3


def _weights(labels: NDArray[np.str_]) -> Floats:
    """Per series: large data sets count for more than small ones, but far less than in proportion."""
    datasets = np.array([label.split("|")[0] for label in labels])
    names, counts = np.unique(datasets, return_counts=True)
    by_name = dict(zip(names, np.maximum(counts, 15) ** -0.75, strict=True))
    return np.array([by_name[name] for name in datasets])


def fit(examples: Examples, epochs: int, seed: int) -> Rule:
    """Minimise the mean log of the score's ratios over series."""
    rule, rng = Rule(seed), np.random.default_rng(seed)
    per_series = np.bincount(examples.series, weights=examples.naive_error * examples.scale)
    level = np.bincount(examples.series, weights=(np.abs(examples.actual) * examples.observed).sum(1) * examples.scale)
    usable = per_series > 0.01 * level
    rows = np.flatnonzero(~examples.held_out & usable[examples.series])
    ids = np.unique(examples.series[rows])
    steps = epochs * max(1, len(ids) // SERIES_PER_STEP)
    optimizer = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.CosineDecay(0.06, steps))
    for epoch in range(epochs):
        rng.shuffle(ids)
        found = [_step(rule, optimizer, examples, picked) for picked in _several(ids, rows, examples.series)]
        print(f"  epoch {epoch + 1}: {np.mean(found):.3f}", file=sys.stderr)
    return rule


def _several(ids: NDArray[np.intp], rows: NDArray[np.intp], series: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    for first in range(0, len(ids) - min(len(ids), SERIES_PER_STEP) + 1, SERIES_PER_STEP):
        yield rows[np.isin(series[rows], ids[first : first + SERIES_PER_STEP])]


def _step(rule: Rule, optimizer: tf.keras.optimizers.Optimizer, examples: Examples, rows: NDArray[np.intp]) -> float:
    _, segment = np.unique(examples.series[rows], return_inverse=True)
    count = int(segment.max()) + 1
    weight = _f32(np.bincount(segment, weights=examples.weight[rows]) / np.bincount(segment).astype(np.float64))
    scale = _f32(examples.scale[rows])
    naive_error, naive_pinball = (
        _f32(np.bincount(segment, weights=part[rows] * examples.scale[rows]))
        for part in (examples.naive_error, examples.naive_pinball)
    )
    batch = examples.batch(rows)
    with tf.GradientTape() as tape:
        error, pinball = losses(rule.quantiles(batch), _f32(examples.actual[rows]), _f32(examples.observed[rows]))
        ratios = [
            tf.math.log(tf.math.unsorted_segment_sum(part * scale, segment, count) / whole + 1e-3)
            for part, whole in ((error, naive_error), (pinball, naive_pinball))
        ]
        loss = tf.reduce_sum(weight * (ratios[0] + 1.5 * ratios[1])) / tf.reduce_sum(weight)
    gradients = tape.gradient(loss, rule.trainable_variables)
    optimizer.apply_gradients(zip(gradients, rule.trainable_variables, strict=True))
    return float(loss)


def predict(rule: Rule, examples: Examples) -> Floats:
    """Quantiles of every window, (n, 24, 7)."""
    everything = np.arange(len(examples.series))
    parts = np.array_split(everything, max(1, len(everything) // 1500))
    return np.concatenate([np.asarray(rule.quantiles(examples.batch(rows)), dtype=np.float64) for rows in parts])


def calibrate(quantiles: Floats, examples: Examples) -> tuple[list[float], Floats]:
    """What to multiply each step outward with so that pooled coverage on the fitted services is nominal."""
    keep = ~examples.held_out & ~examples.is_maximum
    seen, actual = examples.observed[keep] > 0, examples.actual[keep]
    factors, adjusted = [], quantiles.copy()
    for index, level in STEP_LEVELS:
        inner = index + 1 if index < 3 else index - 1
        step = quantiles[..., index] - quantiles[..., inner]
        low, high = 0.3, 3.0
        for _ in range(25):
            factor = (low * high) ** 0.5
            covered = (actual <= (adjusted[..., inner] + factor * step)[keep])[seen].mean()
            low, high = (factor, high) if (covered < level) == (index > 3 or index == 3) else (low, factor)
        adjusted[..., index] = adjusted[..., inner] + factor * step
        factors.append(factor)
    return factors, adjusted


def report(tag: str, quantiles: Floats, examples: Examples, keep: NDArray[np.bool_]) -> None:
    """Coverage and pooled ratios to stderr."""
    seen = examples.observed[keep] > 0
    covered = [(examples.actual[keep] <= quantiles[keep][..., level])[seen].mean() for level in range(7)]
    error, pinball = losses(_f32(quantiles), _f32(examples.actual), _f32(examples.observed))
    ratios = []
    for ours, naive in ((error, examples.naive_error), (pinball, examples.naive_pinball)):
        sums = [
            np.bincount(examples.series[keep], np.asarray(part)[keep] * examples.scale[keep]) for part in (ours, naive)
        ]
        both = (sums[0] > 0) & (sums[1] > 0)
        ratios.append(float(np.exp(np.log(sums[0][both] / sums[1][both]).mean())))
    print(f"{tag}: MAE {ratios[0]:.3f} pinball {ratios[1]:.3f} coverage {np.round(covered, 3)}", file=sys.stderr)


def rows_of(values: Floats, width: int, digits: int) -> str:
    """Numbers as source lines."""
    flat = [f"{value:.{digits}f}" for value in np.ravel(values)]
    return "".join(f"    {', '.join(flat[first : first + width])},\n" for first in range(0, len(flat), width))


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--source", nargs="+", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--classes", default="0,1,2,3,4,5")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    windows = read_windows(options.source)
    for index in map(int, options.classes.split(",")):
        examples = examples_of(windows, index, options.seed)
        rule = fit(examples, options.epochs, options.seed)
        factors, quantiles = calibrate(predict(rule, examples), examples)
        for tag, keep in (("fitted", ~examples.held_out), ("held out", examples.held_out)):
            report(f"class {index} {tag}", quantiles, examples, keep & ~examples.is_maximum)
        local = 1.0 / (1.0 + np.exp(-float(rule.locality.numpy())))
        print(f"# class {index}\n# prior\n{rows_of(rule.prior.numpy(), 13, 2)}", end="")
        print(f"# sharpness\n{rows_of(rule.sharpness.numpy(), 2, 2)}# locality\n    {local:.3f},")
        print(
            f"# calibration\n{rows_of(np.array(factors), 6, 3)}# spread\n{rows_of(rule.spread.numpy(), 10, 2)}", end=""
        )


if __name__ == "__main__":
    main()
