"""From forecast requests to the service model's inputs, and from its output back to forecasts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.errors import ModelRefused, NotEnoughHistory
from domain.forecast import QUANTILE_LEVELS, Forecast
from domain.interval_calibration import IntervalCalibration, calibrated
from domain.ports.forecaster import ForecastRequest
from domain.quantile_head import assemble_quantiles
from domain.series import HOUR_SECONDS, LoadSeries
from domain.window_covariates import (
    DAY,
    MAX_HOURS,
    MIN_HOURS,
    WEEK,
    Bools,
    Floats,
    Singles,
    WindowCovariates,
    build_window_covariates,
    fill_unobserved,
)

SOURCE: Final = "lstm"
_N_LEVELS: Final = len(QUANTILE_LEVELS)  # the head adds 0.995 behind them
_FIRST: Final = np.zeros(1, dtype=np.intp)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServiceWindow:
    """One request as the model sees it.

    Attributes:
        values: float64 (n,), 24 ≤ n ≤ 336, ending at the hour before the forecast; holes filled from measured hours.
        observed_week: Measured hours among the last 168.
        observed: Measured hours among all n.
        hour_of_week: Of the first hour to forecast, 0 = Monday 00:00 UTC.
        widening: How much wider than learned the interval must be, ≥ 1: old data, or little of the last day.
    """

    values: Floats
    observed_week: int
    observed: int
    hour_of_week: int
    widening: float


def window_of(request: ForecastRequest) -> ServiceWindow:
    """Cut and fill the history of a request.

    Raises:
        NotEnoughHistory: Fewer than 24 of the last 336 hours were measured.
    """
    target, start = request.target, request.start
    hour_of_week = start.weekday() * DAY + start.hour
    size = len(target)
    if target.observed_hours == size >= MIN_HOURS and target.end == start:
        values = target.values[-MAX_HOURS:]
        widening = 1.0 + request.stale_hours / MAX_HOURS
        return ServiceWindow(
            values=values,
            observed_week=min(size, WEEK),
            observed=values.size,
            hour_of_week=hour_of_week,
            widening=widening,
        )
    values, observed = _aligned(target.before(start), request)
    seen = int(observed.sum())
    missing = DAY // 2 - int(observed[-DAY:].sum())
    return ServiceWindow(
        values=fill_unobserved(values[None], observed[None])[0],
        observed_week=int(observed[-WEEK:].sum()),
        observed=seen,
        hour_of_week=hour_of_week,
        widening=1.0 + (request.stale_hours + 4 * max(0, missing)) / MAX_HOURS,
    )


def _aligned(target: LoadSeries, request: ForecastRequest) -> tuple[Floats, Bools]:
    """The last hours up to the forecast, from the first measured one on; the gap before the forecast is unobserved."""
    gap = int((request.start - target.end).total_seconds() // HOUR_SECONDS)
    values = np.concatenate([target.values, np.zeros(min(gap, MAX_HOURS))])[-MAX_HOURS:]
    observed = np.concatenate([target.observed, np.zeros(min(gap, MAX_HOURS), dtype=bool)])[-MAX_HOURS:]
    seen = int(observed.sum())
    if seen < MIN_HOURS:
        raise NotEnoughHistory(needed_hours=MIN_HOURS, observed_hours=seen)
    first = int(observed.argmax())
    return values[first:], observed[first:]


def covariates_of(windows: Sequence[ServiceWindow]) -> tuple[WindowCovariates, NDArray[np.intp]]:
    """Covariates of windows of any lengths.

    Returns:
        The covariates, and for each of their rows the index of the window it belongs to.
    """
    if len(windows) == 1:
        return _covariates_of_equal(windows), _FIRST
    by_length: dict[int, list[int]] = defaultdict(list)
    for index, window in enumerate(windows):
        by_length[window.values.size].append(index)
    parts = [_covariates_of_equal([windows[i] for i in group]) for group in by_length.values()]
    order = np.array([i for group in by_length.values() for i in group], dtype=np.intp)
    if len(parts) == 1:
        return parts[0], order
    joined = WindowCovariates(
        inputs=np.concatenate([part.inputs for part in parts]),
        anchor=np.concatenate([part.anchor for part in parts]),
        level=np.concatenate([part.level for part in parts]),
        spread=np.concatenate([part.spread for part in parts]),
    )
    return joined, order


def _covariates_of_equal(windows: Sequence[ServiceWindow]) -> WindowCovariates:
    values = windows[0].values[None] if len(windows) == 1 else np.stack([window.values for window in windows])
    counts = np.array([(window.observed_week, window.observed) for window in windows])
    return build_window_covariates(values, counts, np.array([window.hour_of_week for window in windows]))


def forecasts_of(
    requests: Sequence[ForecastRequest],
    windows: Sequence[ServiceWindow],
    made: WindowCovariates,
    order: NDArray[np.intp],
    raw: Singles,
    calibration: IntervalCalibration,
) -> list[Forecast]:
    """Quantiles in the unit of each series, in the order of the requests; whatever their rows' order.

    Raises:
        ModelRefused: An answer is not finite (values of a size no float holds).
    """
    assembled = assemble_quantiles(raw, made.anchor)[..., :_N_LEVELS].astype(np.float64)
    factors = calibration.of(np.array([windows[i].observed for i in order]))
    widening = np.array([windows[i].widening for i in order])
    scaled = calibrated(assembled, factors * widening[:, None])
    # Rounding keeps order: what does not cross before does not after.
    quantiles = scaled * made.spread[:, None, None] + made.level[:, None, None]
    if not np.isfinite(quantiles).all():
        raise ModelRefused(SOURCE, "the history holds values too large to compute with; check its unit")
    placed = quantiles if len(order) == 1 else quantiles[np.argsort(order)]
    starts, notes = [request.start for request in requests], [_notes(window) for window in windows]
    return Forecast.batch(starts, placed, SOURCE, notes)


def _notes(window: ServiceWindow) -> tuple[str, ...]:
    if window.observed_week >= WEEK:
        return ()
    return (f"only {window.observed_week} of the last {WEEK} hours were observed, so the interval is wider",)
