"""Forecasting with a one-step network: 24 steps, each on covariates recomputed from what is known by then.

The networks this serves were trained by others in the 84-column format: they read the 82 features of the last hours
and answer the next hour's target, which is not among the features. Feeding the answer into a feature column, as their
first user did, forecasts something else. Here every step appends a raw row (the answer as the target, the observed
columns of the same hour of the day before) and computes all 68 derived columns anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.forecasters.cluster_rows import ClusterRows, cluster_rows
from adapters.models_io.metadata import ModelMetadata
from domain.covariates import (
    ALL_COLUMNS,
    RAW_COLUMNS,
    WARM_UP_HOURS,
    BinEdges,
    build_recent_covariates,
    learn_bin_edges,
)
from domain.errors import ModelRefused, NotEnoughHistory
from domain.forecast import HORIZON_HOURS, MEDIAN_INDEX, QUANTILE_LEVELS, Forecast
from domain.ports.forecaster import LOOKBACK_HOURS, Forecaster, ForecastRequest
from domain.series import HOUR, Floats

SOURCE = "lstm"
MIN_OBSERVED_HOURS = 24
# A model's error is judged on days it could have forecast before; a week of them is enough for its quantiles.
MAX_JUDGED_DAYS = 7
MAX_GAP_HOURS = 168
_DAY = 24
_LARGEST_LOG = 50.0

Predict = Callable[[NDArray[np.float32]], NDArray[np.floating]]


class RecursiveForecaster(Forecaster):
    """A one-step network by recursion, its interval from what it missed by on the days before.

    Args:
        predict: Scaled features (n, steps, n_features) → scaled target of the next hour (n, 1).
        metadata: The columns, scalers and target of the network.
        artefact: Name of the model, for messages.
        edges: Bin edges the features were made with; learned from the history when the files do not hold them.

    Raises:
        ModelRefused: A feature or the target is not a column that can be computed from the raw ones.
    """

    name = SOURCE

    def __init__(
        self, predict: Predict, metadata: ModelMetadata, *, artefact: str, edges: BinEdges | None = None
    ) -> None:
        unknown = [name for name in metadata.feature_names if name not in ALL_COLUMNS]
        if unknown:
            raise ModelRefused(artefact, f"it reads {unknown[0]}, which cannot be computed from the raw columns")
        if metadata.target_column not in RAW_COLUMNS[1:]:
            raise ModelRefused(artefact, f"it predicts {metadata.target_column}, which is not a raw column")
        self._predict = predict
        self._metadata = metadata
        self._artefact = artefact
        self._edges = edges
        self._columns = np.array([ALL_COLUMNS.index(name) for name in metadata.feature_names])
        self._target = RAW_COLUMNS.index(metadata.target_column)

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        """See the port."""
        return [self._forecast(request) for request in requests]

    def _forecast(self, request: ForecastRequest) -> Forecast:
        metadata, target = self._metadata, request.target
        if metadata.target_column not in (request.metric.name, *request.metric.aliases):
            raise ModelRefused(self._artefact, f"it predicts {metadata.target_column}, not {request.metric.name}")
        gap = round((request.start - target.end) / HOUR)
        if target.observed_hours < MIN_OBSERVED_HOURS or gap > MAX_GAP_HOURS:
            raise NotEnoughHistory(needed_hours=MIN_OBSERVED_HOURS, observed_hours=target.observed_hours)
        window = metadata.sequence_length + WARM_UP_HOURS
        known = min(LOOKBACK_HOURS, len(target))
        rows = cluster_rows(
            request, target_column=metadata.target_column, hours=max(known, window), artefact=self._artefact
        )
        judged_days = max(0, min(MAX_JUDGED_DAYS, (known - window) // _DAY))
        median, errors = self._median_and_errors(rows, gap, judged_days)
        quantiles, notes = _with_interval(median, errors, request)
        return Forecast(request.start, quantiles, SOURCE, (*rows.notes, *self._notes(), *notes))

    def _median_and_errors(self, rows: ClusterRows, gap: int, days: int) -> tuple[Floats, Floats]:
        """The path from the newest hour, shape (24,), and what the paths from earlier days missed by, (days, 24)."""
        edges = self._edges or learn_bin_edges(rows.raw, len(rows.raw))
        stops = [len(rows.raw) - day * _DAY for day in range(days + 1)]
        paths = self._recurse(rows, stops, edges, gap + HORIZON_HOURS)
        errors = np.empty((days, HORIZON_HOURS))
        for day, stop in enumerate(stops[1:]):
            errors[day] = rows.raw[stop : stop + HORIZON_HOURS, self._target] - paths[day + 1, :HORIZON_HOURS]
        return paths[0, gap:], errors

    def _notes(self) -> tuple[str, ...]:
        learned = "" if self._edges else "; its bins were learned from the history, as its files do not hold them"
        return (f"a one-step model, forecast hour by hour{learned}",)

    def _recurse(self, rows: ClusterRows, stops: Sequence[int], edges: BinEdges, steps: int) -> Floats:
        """The target of the ``steps`` hours after each of the rows ``stops``, shape (len(stops), steps), in its unit.

        Only rows before a stop are known to its path. The paths advance together, so that the network answers them in
        one call per hour.
        """
        length = self._metadata.sequence_length
        reach = length + WARM_UP_HOURS
        tables = [
            np.concatenate([rows.raw[max(stop - reach, 0) : stop], np.zeros((steps, rows.raw.shape[1]))])
            for stop in stops
        ]
        for step in range(steps):
            windows = []
            for table in tables:
                known = table[: len(table) - steps + step]
                recent = build_recent_covariates(known, rows=length, origin=rows.origin, edges=edges)
                windows.append(recent[:, self._columns])
            for table, value in zip(tables, self._next(np.stack(windows)), strict=True):
                index = len(table) - steps + step
                table[index] = table[max(index - _DAY, 0)]
                table[index, 0] = table[index - 1, 0] + 1
                table[index, self._target] = value
        return np.stack([table[-steps:, self._target] for table in tables])

    def _next(self, features: Floats) -> Floats:
        """The target of the next hour, shape (n,), for features of shape (n, steps, n_features)."""
        metadata = self._metadata
        scaled = features if metadata.scaler is None else metadata.scaler.transform(features)
        answer = np.asarray(self._predict(scaled.astype(np.float32)), dtype=np.float64)
        if answer.shape != (len(features), 1):
            raise ModelRefused(self._artefact, f"it answered {answer.shape[1:]}, one number is expected")
        value = answer if metadata.target_scaler is None else metadata.target_scaler.inverse_transform(answer)
        if metadata.use_log_transform:
            value = np.expm1(np.minimum(value, _LARGEST_LOG))
        if not np.isfinite(value).all():
            raise ModelRefused(self._artefact, "it answered a number that is not finite")
        return np.maximum(value[:, 0], 0.0)


def _with_interval(median: Floats, errors: Floats, request: ForecastRequest) -> tuple[Floats, tuple[str, ...]]:
    """Quantiles (24, 7) around the median, from past errors or, without any, from the day-to-day differences."""
    notes: tuple[str, ...] = ()
    misses = errors.reshape(-1)
    if not misses.size:
        values = request.target.observed_values
        step = _DAY if values.size >= 2 * _DAY else 1
        differences = values[step:] - values[:-step]
        misses = np.concatenate([differences, -differences])
        notes = ("the history is too short to judge the model; its interval is that of the day-to-day differences",)
    offsets = np.quantile(misses, QUANTILE_LEVELS)
    # The median stays the model's own. A model that always missed on one side gets its whole interval on that side.
    offsets[:MEDIAN_INDEX] = np.minimum(offsets[:MEDIAN_INDEX], 0.0)
    offsets[MEDIAN_INDEX] = 0.0
    offsets[MEDIAN_INDEX + 1 :] = np.maximum(offsets[MEDIAN_INDEX + 1 :], 0.0)
    widen = 1.0 + 1.0 / np.sqrt(max(len(errors), 1)) + request.stale_hours / LOOKBACK_HOURS
    return np.maximum.accumulate(median[:, None] + offsets * widen, axis=1), notes
