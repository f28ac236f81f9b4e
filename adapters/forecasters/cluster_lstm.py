"""The cluster model but for the network itself: the wide file's 82 covariates in, 24 hours of its target out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

import numpy as np

from adapters.forecasters.cluster_artefacts import CLUSTER_METADATA, HORIZON, ClusterArtefacts
from adapters.forecasters.cluster_rows import cluster_rows
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


class ClusterLstmForecaster(Forecaster):
    """Forecasts the column it was trained on, for the cluster as a whole.

    Attributes:
        model_digest: Identity of the model's files.
        target_column: The column it was trained on.
    """

    name = SOURCE

    def __init__(self, artefacts: ClusterArtefacts) -> None:
        self._model = artefacts
        self.model_digest = artefacts.digest
        self.target_column = artefacts.metadata.target_column

    @abstractmethod
    def predict(self, inputs: Singles) -> Singles:
        """The network: (batch, sequence length, 82) → (batch, sequence length, levels), both float32."""

    def check_answers(self, artefact: str) -> None:
        """Warm the network up and hold it against its metadata and the prediction kept beside it.

        Raises:
            ModelRefused: The shape is wrong, or the answer is not the one kept.
        """
        metadata = self._model.metadata
        steps, features = metadata.sequence_length, metadata.n_features
        check_golden(metadata.extra, self.predict, steps=steps, features=features, artefact=artefact)

    def forecast_many(self, requests: Sequence[ForecastRequest]) -> list[Forecast]:
        """See the port; the request needs the wide file's raw columns as companions."""
        return [self._one(request) for request in requests]

    def _one(self, request: ForecastRequest) -> Forecast:
        target = request.target.before(request.start)
        if target.last(HORIZON).observed_hours < HORIZON // 2 or target.observed_hours < HORIZON:
            raise NotEnoughHistory(needed_hours=HORIZON, observed_hours=target.last(HORIZON).observed_hours)
        model, metadata = self._model, self._model.metadata
        steps = metadata.sequence_length
        rows = cluster_rows(
            request, target_column=self.target_column, hours=steps + WARM_UP_HOURS, artefact=CLUSTER_METADATA
        )
        table = build_recent_covariates(rows.raw, rows=steps, origin=rows.origin, edges=model.edges)
        cleaned = clean_target(target.values[-HORIZON:], use_log_transform=metadata.use_log_transform)
        anchor = model.target_scaler.transform(cleaned[:, None])[:, 0].astype(np.float32)
        raw = self.predict(model.scaled(table).astype(np.float32)[None])[0, -HORIZON:]
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
            raise ModelRefused(CLUSTER_METADATA, "its answer is not finite; train again")
        return np.maximum.accumulate(quantiles, axis=-1)
