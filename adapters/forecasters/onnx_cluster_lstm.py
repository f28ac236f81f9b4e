"""The cluster model run by ONNX Runtime: 24 hours of the wide file's 82 covariates in, 24 hours of its target out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from adapters.forecasters.cluster_artefacts import CLUSTER_ONNX, HORIZON, read_cluster_artefacts
from adapters.forecasters.cluster_rows import cluster_rows
from adapters.forecasters.onnx_lstm import open_session
from adapters.models_io.golden import check_golden
from domain.cleaning import clean_target, restore_target
from domain.covariates import WARM_UP_HOURS, build_recent_covariates
from domain.errors import ModelRefused, NotEnoughHistory
from domain.forecast import QUANTILE_LEVELS, Forecast
from domain.ports.forecaster import Forecaster, ForecastRequest
from domain.quantile_head import assemble_quantiles, scale_interval
from domain.series import HOUR_SECONDS, Floats
from domain.window_covariates import Singles

SOURCE: Final = "lstm"
# Beyond this many interquartile ranges a logarithm turned back is no forecast but an accident.
_QUANTILE_LIMIT: Final = 30.0
_STALE_WEEKS: Final = 336


class OnnxClusterForecaster(Forecaster):
    """Forecasts the column it was trained on, for the cluster as a whole.

    Args:
        folder: Where the cluster model's artefacts lie.

    Raises:
        ModelRefused: An artefact is missing, altered or mismatched, or ONNX Runtime rejects it.
    """

    name = SOURCE

    def __init__(self, folder: Path) -> None:
        self._model = read_cluster_artefacts(folder, CLUSTER_ONNX)
        self.model_digest = self._model.digest
        self.target_column = self._model.metadata.target_column
        session = open_session(self._model.network, CLUSTER_ONNX)
        self._run = session.run
        self._outputs = [session.get_outputs()[0].name]
        self._input = session.get_inputs()[0].name
        metadata = self._model.metadata
        check_golden(metadata.extra, self.predict, steps=HORIZON, features=metadata.n_features, artefact=CLUSTER_ONNX)

    def predict(self, inputs: Singles) -> Singles:
        """One pass through the network: (batch, 24, 82) → (batch, 24, levels)."""
        answer: Singles = self._run(self._outputs, {self._input: inputs})[0]
        return answer

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        """See the port; the request needs the wide file's raw columns as companions."""
        return [self._one(request) for request in requests]

    def _one(self, request: ForecastRequest) -> Forecast:
        target = request.target.before(request.start)
        if target.last(HORIZON).observed_hours < HORIZON // 2 or target.observed_hours < HORIZON:
            raise NotEnoughHistory(needed_hours=HORIZON, observed_hours=target.last(HORIZON).observed_hours)
        model, metadata = self._model, self._model.metadata
        rows = cluster_rows(
            request, target_column=self.target_column, hours=HORIZON + WARM_UP_HOURS, artefact=CLUSTER_ONNX
        )
        table = build_recent_covariates(rows.raw, rows=HORIZON, origin=rows.origin, edges=model.edges)
        cleaned = clean_target(target.values[-HORIZON:], use_log_transform=metadata.use_log_transform)
        anchor = model.target_scaler.transform(cleaned[:, None])[:, 0].astype(np.float32)
        raw = self.predict(model.scaled(table).astype(np.float32)[None])[0]
        scaled = assemble_quantiles(raw, anchor)[:, : len(QUANTILE_LEVELS)].astype(np.float64)
        gap = round((request.start - target.end).total_seconds() / HOUR_SECONDS)
        widening = model.interval_scale * (1.0 + (request.stale_hours + 4 * gap) / _STALE_WEEKS)
        quantiles = self._in_unit(scale_interval(scaled, widening))
        # Hours beyond the model's reach are answered by the same hour of the day before.
        shifted = np.take(quantiles, (np.arange(HORIZON) + gap) % HORIZON, axis=0)
        return Forecast(request.start, shifted, SOURCE, rows.notes)

    def _in_unit(self, scaled: Floats) -> Floats:
        metadata, scaler = self._model.metadata, self._model.target_scaler
        limited = np.clip(scaled, -_QUANTILE_LIMIT, _QUANTILE_LIMIT)
        values = scaler.inverse_transform(limited[..., None])[..., 0]
        quantiles = restore_target(values, use_log_transform=metadata.use_log_transform)
        if not np.isfinite(quantiles).all():
            raise ModelRefused(CLUSTER_ONNX, "its answer is not finite; train again")
        return np.maximum.accumulate(quantiles, axis=-1)
