"""Trains the cluster model: 24 hours of the 82 covariates in, 24 hours of the target out, as quantiles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from adapters.forecasters.cluster_artefacts import CLUSTER_H5, CLUSTER_METADATA, CLUSTER_ONNX
from adapters.models_io.scalers import AffineScaler
from adapters.training.calibration import fit_interval_scale
from adapters.training.cluster_table import HORIZON, ClusterTable, prepare, read_wide
from adapters.training.export import export_files
from adapters.training.fit_loop import FitLoop, FitState
from adapters.training.held_out import flat_figures
from adapters.training.libraries import prepare_tensorflow
from adapters.training.network import NetworkShape, build_network
from adapters.training.window_sampler import WindowBatch
from domain.cleaning import restore_target
from domain.covariates import FEATURE_COLUMNS, TARGET_COLUMN
from domain.errors import InvalidData
from domain.forecast import QUANTILE_LEVELS
from domain.ports.model_trainer import ModelTrainer, ProgressCallback, TrainedModel, TrainingOptions
from domain.quantile_head import HEAD_LEVELS, assemble_quantiles, scale_interval
from domain.reference import seasonal_naive_quantiles
from domain.scoring import MethodScore, SeriesScore, score_overall, tally

NAIVE_HOURS: Final = 168


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRecipe:
    """What can be chosen about the cluster model beyond the options every model has.

    Attributes:
        sequence_length: Hours the model reads, at least 24.
        target_column: What it predicts.
        use_log_transform: Learn log1p of the target.
        smooth_auxiliary: Winsorize the raw metrics around their moving average.
        units: Of each direction of the first LSTM.
        second_units: Of the second LSTM.
        dense_units: Of the layer before the head.
        dropout: After the first LSTM, in training.
    """

    sequence_length: int = 24
    target_column: str = TARGET_COLUMN
    use_log_transform: bool = True
    smooth_auxiliary: bool = False
    units: int = 32
    second_units: int = 24
    dense_units: int = 32
    dropout: float = 0.3


class KerasClusterTrainer(ModelTrainer):
    """TensorFlow behind the port."""

    def __init__(
        self,
        recipe: ClusterRecipe | None = None,
        *,
        sequence_length: int | None = None,
        target_column: str | None = None,
        smooth_auxiliary: bool | None = None,
    ) -> None:
        chosen = {
            "sequence_length": sequence_length,
            "target_column": target_column,
            "smooth_auxiliary": smooth_auxiliary,
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
        if recipe.sequence_length != HORIZON:
            raise InvalidData("the sequence must have 24 hours: each step is answered by the same hour of the next day")
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
        interval_scale = _calibrate(model, table)
        score = _judge(model, table, interval_scale, recipe)
        facts = _facts(table, options, recipe, state, sources[0], now, model.count_params())
        files = export_files(
            model,
            shape,
            metadata=_metadata(table, facts, recipe, interval_scale, score),
            history=state.history,
            names=(CLUSTER_H5, CLUSTER_ONNX, CLUSTER_METADATA),
        )
        return TrainedModel(name="cluster", files=files, facts=facts, figures={"24 hours": {"overall": asdict(score)}})

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
        starts = table.window_starts(table.split.training, HORIZON)
        if starts.size < options.batch_size:
            raise InvalidData(f"{starts.size} training windows are fewer than one batch of {options.batch_size}")
        steps = starts.size // options.batch_size

        def draw(step: int) -> WindowBatch:
            """Batch ``step``: every epoch runs through all training windows in an order of its own."""
            order = np.random.default_rng([options.seed, step // steps]).permutation(starts)
            first = step % steps * options.batch_size
            return _windows(table, order[first : first + options.batch_size])

        held = table.window_starts(table.split.validation, HORIZON)
        validation = _windows(table, held if held.size else starts)
        fingerprint = _fingerprint(table, options, self._recipe)
        return FitLoop(model, options, steps_per_epoch=steps, fingerprint=fingerprint).run(
            draw, validation, on_progress
        )


def _windows(table: ClusterTable, starts: NDArray[np.int64]) -> WindowBatch:
    past, future = starts[:, None] + np.arange(-HORIZON, 0), starts[:, None] + np.arange(HORIZON)
    known = np.isfinite(table.observed_target[future])
    return WindowBatch(
        inputs=table.features[past].astype(np.float32),
        anchor=table.target[past].astype(np.float32),
        target=table.target[future].astype(np.float32),
        weight=known.astype(np.float32),
    )


def _calibrate(model: Any, table: ClusterTable) -> float:
    starts = table.window_starts(table.split.validation, HORIZON)
    if not starts.size:
        return 1.0
    batch = _windows(table, starts)
    raw = model.predict(batch.inputs, verbose=0)
    return max(1.0, fit_interval_scale(raw, batch.anchor, batch.target, batch.weight > 0))


def _judge(model: Any, table: ClusterTable, interval_scale: float, recipe: ClusterRecipe) -> MethodScore:
    """One forecast a day over the test rows, against the daily seasonal naive."""
    starts = table.window_starts(table.split.test, HORIZON)
    starts = starts[starts >= NAIVE_HOURS][::HORIZON]
    if not starts.size:
        return MethodScore()
    batch = _windows(table, starts)
    assembled = assemble_quantiles(np.asarray(model.predict_on_batch(batch.inputs)), batch.anchor)
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


def _metadata(
    table: ClusterTable,
    facts: Mapping[str, object],
    recipe: ClusterRecipe,
    interval_scale: float,
    score: MethodScore,
) -> dict[str, object]:
    cleaning = table.cleaning
    return {
        "sequence_length": recipe.sequence_length,
        "feature_names": list(FEATURE_COLUMNS),
        "n_features": len(FEATURE_COLUMNS),
        "target_col": recipe.target_column,
        "scaler": _affine(cleaning.scaler.center, cleaning.scaler.scale),
        "target_scaler": _affine(table.target_scale.center, table.target_scale.scale),
        "use_log_transform": recipe.use_log_transform,
        "horizon": HORIZON,
        "quantiles": list(HEAD_LEVELS),
        "winsor_lower": cleaning.bounds.lower,
        "winsor_upper": cleaning.bounds.upper,
        "bin_edges": table.edges.as_dict(),
        "interval_scale": interval_scale,
        "figures": flat_figures(score),
        "trained_at": facts["trained_at"],
        "data_hash": facts["data_hash"],
        "facts": dict(facts),
    }


def _affine(center: NDArray[np.float64], scale: NDArray[np.float64]) -> AffineScaler:
    return AffineScaler("RobustScaler", np.atleast_1d(center), np.atleast_1d(scale))


def _facts(
    table: ClusterTable,
    options: TrainingOptions,
    recipe: ClusterRecipe,
    state: FitState,
    source: Path,
    now: datetime,
    parameters: int,
) -> dict[str, object]:
    split = table.split
    return {
        "trained_at": now.isoformat(),
        "data_hash": hashlib.sha256(source.read_bytes()).hexdigest(),
        "source": source.name,
        "rows": {
            name: rows.stop - rows.start
            for name, rows in (("training", split.training), ("validation", split.validation), ("test", split.test))
        },
        "options": {name: value for name, value in asdict(options).items() if name != "work_folder"},
        "recipe": asdict(recipe),
        "epochs_run": state.epochs_done,
        "best_epoch": state.best_epoch,
        "seconds": round(sum(entry["seconds"] for entry in state.history), 1),
        "parameters": parameters,
    }


def _fingerprint(table: ClusterTable, options: TrainingOptions, recipe: ClusterRecipe) -> str:
    data = hashlib.sha256(table.features.tobytes() + table.target.tobytes()).hexdigest()
    parts = {**asdict(options), "work_folder": None, "recipe": asdict(recipe), "data": data}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
