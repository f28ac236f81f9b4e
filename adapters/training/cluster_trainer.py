"""Trains the cluster model: 24 hours of the 82 covariates in, 24 hours of the target out, as quantiles."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from adapters.forecasters.cluster_artefacts import (
    CLUSTER_DATA,
    CLUSTER_H5,
    CLUSTER_METADATA,
    CLUSTER_ONNX,
    DATA_HASH_KEY,
)
from adapters.training.calibration import fit_interval_scale
from adapters.training.cluster_facts import facts_of, fingerprint_of, metadata_of
from adapters.training.cluster_recipe import ClusterRecipe
from adapters.training.cluster_table import HORIZON, ClusterTable, prepare, read_wide
from adapters.training.export import export_files
from adapters.training.fit_loop import FitLoop, FitState
from adapters.training.libraries import prepare_tensorflow
from adapters.training.network import NetworkShape, build_network
from adapters.training.window_sampler import WindowBatch
from domain.cleaning import restore_target
from domain.covariates import FEATURE_COLUMNS
from domain.errors import InvalidData
from domain.forecast import QUANTILE_LEVELS
from domain.ports.model_trainer import ModelTrainer, ProgressCallback, TrainedModel, TrainingOptions
from domain.quantile_head import assemble_quantiles, scale_interval
from domain.reference import seasonal_naive_quantiles
from domain.scoring import MethodScore, SeriesScore, score_overall, tally
from domain.simulation.render import cluster_csv

NAIVE_HOURS: Final = 168
MAX_SEQUENCE_HOURS: Final = 336


class KerasClusterTrainer(ModelTrainer):
    """TensorFlow behind the port."""

    def __init__(
        self,
        recipe: ClusterRecipe | None = None,
        *,
        sequence_length: int | None = None,
        target_column: str | None = None,
        smooth_auxiliary: bool | None = None,
        with_data: bool | None = None,
    ) -> None:
        chosen = {
            "sequence_length": sequence_length,
            "target_column": target_column,
            "smooth_auxiliary": smooth_auxiliary,
            "with_data": with_data,
        }
        given = {name: value for name, value in chosen.items() if value is not None}
        self._recipe = replace(recipe or ClusterRecipe(), **given)  # type: ignore[arg-type]

    def train(
        self, sources: Sequence[Path], options: TrainingOptions, *, now: datetime, on_progress: ProgressCallback
    ) -> TrainedModel:
        """See the port; exactly one source, the 84-column CSV file."""
        prepare_tensorflow()
        if len(sources) != 1:
            raise InvalidData("the cluster model learns from one CSV file")
        recipe = self._recipe
        if not HORIZON <= recipe.sequence_length <= MAX_SEQUENCE_HOURS:
            raise InvalidData(
                f"the sequence must have {HORIZON} to {MAX_SEQUENCE_HOURS} hours: each of its last {HORIZON} steps is "
                "answered by the same hour of the next day"
            )
        table = prepare(
            read_wide(sources[0]),
            target_column=recipe.target_column,
            use_log_transform=recipe.use_log_transform,
            validation_share=options.validation_share,
            test_share=options.test_share,
            smooth_auxiliary=recipe.smooth_auxiliary,
        )
        shape = self._shape()
        model = build_network(shape, seed=options.seed)
        state = self._fit(model, table, options, on_progress)
        interval_scale = _calibrate(model, table, recipe.sequence_length)
        score = _judge(model, table, interval_scale, recipe)
        facts = facts_of(table, options, recipe, state, sources[0], now, model.count_params())
        data = cluster_csv(table.prepared).encode() if recipe.with_data else b""
        hashes = {DATA_HASH_KEY: hashlib.sha256(data).hexdigest()} if data else {}
        files = ({CLUSTER_DATA: data} if data else {}) | export_files(
            model,
            shape,
            metadata=metadata_of(table, facts, recipe, interval_scale, score) | hashes,
            history=state.history,
            names=(CLUSTER_H5, CLUSTER_ONNX, CLUSTER_METADATA),
        )
        return TrainedModel(
            name="cluster",
            files=files,
            facts=facts,
            figures={f"{recipe.sequence_length} hours": {"overall": asdict(score)}},
        )

    def _shape(self) -> NetworkShape:
        recipe = self._recipe
        return NetworkShape(
            steps=recipe.sequence_length,
            features=len(FEATURE_COLUMNS),
            units=recipe.units,
            second_units=recipe.second_units,
            dense_units=recipe.dense_units,
            dropout=recipe.dropout,
        )

    def _fit(
        self, model: Any, table: ClusterTable, options: TrainingOptions, on_progress: ProgressCallback
    ) -> FitState:
        starts = table.window_starts(table.split.training, self._recipe.sequence_length)
        if starts.size < options.batch_size:
            raise InvalidData(f"{starts.size} training windows are fewer than one batch of {options.batch_size}")
        steps, hours = starts.size // options.batch_size, self._recipe.sequence_length

        def draw(step: int) -> WindowBatch:
            """Batch ``step``: every epoch runs through all training windows in an order of its own."""
            order = np.random.default_rng([options.seed, step // steps]).permutation(starts)
            first = step % steps * options.batch_size
            return _windows(table, order[first : first + options.batch_size], hours)

        held = table.window_starts(table.split.validation, hours)
        validation = _windows(table, held if held.size else starts, hours)
        fingerprint = fingerprint_of(table, options, self._recipe)
        return FitLoop(model, options, steps_per_epoch=steps, fingerprint=fingerprint).run(
            draw, validation, on_progress
        )


def _windows(table: ClusterTable, starts: NDArray[np.int64], sequence_length: int) -> WindowBatch:
    past, future = starts[:, None] + np.arange(-sequence_length, 0), starts[:, None] + np.arange(HORIZON)
    known = np.isfinite(table.observed_target[future])
    return WindowBatch(
        inputs=table.features[past].astype(np.float32),
        anchor=table.target[past[:, -HORIZON:]].astype(np.float32),
        target=table.target[future].astype(np.float32),
        weight=known.astype(np.float32),
    )


def _calibrate(model: Any, table: ClusterTable, sequence_length: int) -> float:
    starts = table.window_starts(table.split.validation, sequence_length)
    if not starts.size:
        return 1.0
    batch = _windows(table, starts, sequence_length)
    raw = model.predict(batch.inputs, verbose=0)[:, -HORIZON:]
    return max(1.0, fit_interval_scale(raw, batch.anchor, batch.target, batch.weight > 0))


def _judge(model: Any, table: ClusterTable, interval_scale: float, recipe: ClusterRecipe) -> MethodScore:
    """One forecast a day over the test rows, against the daily seasonal naive."""
    starts = table.window_starts(table.split.test, recipe.sequence_length)
    starts = starts[starts >= NAIVE_HOURS][::HORIZON]
    if not starts.size:
        return MethodScore()
    batch = _windows(table, starts, recipe.sequence_length)
    raw = np.asarray(model.predict_on_batch(batch.inputs))[:, -HORIZON:]
    assembled = assemble_quantiles(raw, batch.anchor)
    scaled = scale_interval(assembled[..., : len(QUANTILE_LEVELS)].astype(np.float64), interval_scale)
    quantiles = restore_target(table.target_scale.inverse(scaled), use_log_transform=recipe.use_log_transform)
    clean = restore_target(table.target_scale.inverse(table.target), use_log_transform=recipe.use_log_transform)
    reference = np.stack([seasonal_naive_quantiles(clean[s - NAIVE_HOURS : s]) for s in starts])
    actual = clean[starts[:, None] + np.arange(HORIZON)]
    observed = batch.weight > 0
    score = SeriesScore(
        dataset="cluster",
        series=recipe.target_column,
        method=tally(actual, observed, quantiles),
        reference=tally(actual, observed, reference),
    )
    return score_overall([score])
