"""Trains the service model: one network for every metric of every service."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from adapters.forecasters.service_artefacts import SERVICE_H5, SERVICE_METADATA, SERVICE_ONNX
from adapters.training.calibration import fit_level_scales
from adapters.training.drawn_ahead import drawn_ahead
from adapters.training.export import export_files
from adapters.training.fit_loop import FitLoop, FitState
from adapters.training.held_out import HeldOutScores, flat_figures, judge
from adapters.training.history_reader import read_history
from adapters.training.libraries import prepare_tensorflow
from adapters.training.network import NetworkShape, build_network
from adapters.training.series_reader import read_series
from adapters.training.window_sampler import SamplingPlan, WindowBatch, WindowSampler
from domain.forecast import QUANTILE_LEVELS
from domain.interval_calibration import IntervalCalibration
from domain.metrics import MAX_SUFFIX
from domain.ports.metric_history import MetricHistory
from domain.ports.model_trainer import ModelTrainer, ProgressCallback, TrainedModel, TrainingOptions
from domain.quantile_head import HEAD_LEVELS
from domain.training_set import Side, TrainingSeries, digest_of, split_by_service
from domain.window_covariates import DAY, FEATURE_NAMES, MAX_HOURS

STEPS_PER_EPOCH: Final = 250
# Lengths of history at which the interval is calibrated, in hours.
CALIBRATED_HOURS: Final = (24, 48, 96, 168, 336)
JUDGED_HOURS: Final = {"two weeks": MAX_HOURS, "one week": 7 * DAY, "two days": 2 * DAY, "one day": DAY}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecipe:
    """What can be chosen about the service model beyond the options every model has.

    Attributes:
        units: Of each direction of the first LSTM.
        second_units: Of the second LSTM.
        dense_units: Of the layer before the head.
        dropout: After the first LSTM, in training.
        steps_per_epoch: Batches per epoch; windows are drawn anew, so an epoch is only a unit of account.
        validation_windows: Windows the best epoch is chosen on, drawn once.
        calibration_windows: Windows the interval is calibrated on, for each length of history.
        plan: How windows are drawn.
        datasets: Learn from these only, when given.
        leave_out: Never learn from these.
    """

    units: int = 64
    second_units: int = 32
    dense_units: int = 64
    dropout: float = 0.12
    steps_per_epoch: int = STEPS_PER_EPOCH
    validation_windows: int = 8192
    calibration_windows: int = 12288
    plan: SamplingPlan = field(default_factory=SamplingPlan)
    datasets: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()


class KerasServiceTrainer(ModelTrainer):
    """TensorFlow behind the port.

    Args:
        recipe: What can be chosen.
        datasets: Learn from these only, when given.
        leave_out: Never learn from these.
        history: Where series come from when no file is named.
    """

    def __init__(
        self,
        recipe: ServiceRecipe | None = None,
        *,
        datasets: Sequence[str] = (),
        leave_out: Sequence[str] = (),
        history: MetricHistory | None = None,
    ) -> None:
        base = recipe or ServiceRecipe()
        self._history = history
        self._recipe = replace(
            base, datasets=base.datasets + tuple(datasets), leave_out=base.leave_out + tuple(leave_out)
        )

    def train(
        self, sources: Sequence[Path], options: TrainingOptions, *, now: datetime, on_progress: ProgressCallback
    ) -> TrainedModel:
        """See the port."""
        prepare_tensorflow()
        recipe = self._recipe
        series = self._read(sources, now)
        sides = split_by_service(
            series, validation_share=options.validation_share, test_share=options.test_share, seed=0
        )
        by_side = {side: [s for s in series if sides[s.dataset, s.service_id] is side] for side in Side}
        data_hash = digest_of(series)
        model, state = self._fit(by_side, options, _fingerprint(data_hash, options, recipe), on_progress)
        calibration = self._calibrate(by_side, model, options)
        scores = self._judge(by_side[Side.TEST], model, calibration)
        facts = _facts(by_side, options, recipe, state, data_hash, now, model.count_params())
        files = export_files(
            model,
            self._shape(),
            metadata=self._metadata(facts, scores, calibration),
            history=state.history,
            names=(SERVICE_H5, SERVICE_ONNX, SERVICE_METADATA),
        )
        return TrainedModel(name="service", files=files, facts=facts, figures=_figures(scores))

    def _read(self, sources: Sequence[Path], now: datetime) -> list[TrainingSeries]:
        if sources or self._history is None:
            return read_series(sources, datasets=self._recipe.datasets, leave_out=self._recipe.leave_out)
        return read_history(self._history, now)

    def _fit(
        self,
        by_side: Mapping[Side, list[TrainingSeries]],
        options: TrainingOptions,
        fingerprint: str,
        on_progress: ProgressCallback,
    ) -> tuple[Any, FitState]:
        sampler = WindowSampler(by_side[Side.TRAINING], self._recipe.plan)
        model = build_network(self._shape(), seed=options.seed)
        loop = FitLoop(model, options, steps_per_epoch=self._recipe.steps_per_epoch, fingerprint=fingerprint)
        with drawn_ahead(sampler, batch_size=options.batch_size, seed=options.seed) as draw:
            state = loop.run(draw, self._validation(by_side, options), on_progress)
        return model, state

    def _shape(self) -> NetworkShape:
        recipe = self._recipe
        return NetworkShape(
            steps=DAY,
            features=len(FEATURE_NAMES),
            units=recipe.units,
            second_units=recipe.second_units,
            dense_units=recipe.dense_units,
            dropout=recipe.dropout,
        )

    def _validation(self, by_side: Mapping[Side, list[TrainingSeries]], options: TrainingOptions) -> WindowBatch:
        """A fixed batch of unblended windows; of the training services when none were kept for validation."""
        windows = self._recipe.validation_windows
        series = by_side[Side.VALIDATION] or by_side[Side.TRAINING]
        plan = replace(self._recipe.plan, mix_share=0.0)
        return WindowSampler(series, plan).draw(windows, np.random.default_rng([options.seed, 2**31]))

    def _calibrate(
        self, by_side: Mapping[Side, list[TrainingSeries]], model: Any, options: TrainingOptions
    ) -> IntervalCalibration:
        """On windows as they are met in service: not blended, each hour counting the same, of several lengths."""
        plan = replace(self._recipe.plan, mix_share=0.0, dataset_power=1.0)
        sampler = WindowSampler(by_side[Side.TRAINING] + by_side[Side.VALIDATION], plan)
        hours, factors = [], []
        for length in CALIBRATED_HOURS:
            if length > sampler.longest - DAY:
                break
            random = np.random.default_rng([options.seed, 2**31 + 1, length])
            batch = sampler.draw(self._recipe.calibration_windows, random, history_hours=length)
            raw = model.predict(batch.inputs, batch_size=1024, verbose=0)
            hours.append(length)
            factors.append(fit_level_scales(raw, batch.anchor, batch.target, batch.weight > 0))
        return IntervalCalibration(tuple(hours), np.array(factors)[:, : len(QUANTILE_LEVELS)])

    def _judge(
        self, series: list[TrainingSeries], model: Any, calibration: IntervalCalibration
    ) -> dict[str, HeldOutScores]:
        def predict(inputs: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
            return model.predict_on_batch(inputs)

        names = dict.fromkeys(one.metric_name for one in series if not one.metric_name.endswith(MAX_SUFFIX))
        preferred = [name for name in names if name in self._recipe.plan.preferred_metrics]
        metrics = preferred or list(names)
        return {
            history: judge(series, predict, metrics=metrics, calibration=calibration, history_hours=hours)
            for history, hours in JUDGED_HOURS.items()
        }

    def _metadata(
        self, facts: Mapping[str, object], scores: Mapping[str, HeldOutScores], calibration: IntervalCalibration
    ) -> dict[str, object]:
        return {
            "sequence_length": DAY,
            "feature_names": list(FEATURE_NAMES),
            "n_features": len(FEATURE_NAMES),
            "target_col": "value",
            "scaler": None,
            "target_scaler": None,
            "use_log_transform": False,
            "horizon": DAY,
            "quantiles": list(HEAD_LEVELS),
            "max_history_hours": MAX_HOURS,
            "interval_calibration": calibration.to_dict(),
            "figures": flat_figures(scores["two weeks"].overall),
            "trained_at": facts["trained_at"],
            "data_hash": facts["data_hash"],
            "facts": dict(facts),
            "backtest": _figures(scores),
        }


def _fingerprint(data_hash: str, options: TrainingOptions, recipe: ServiceRecipe) -> str:
    parts = {**asdict(options), "work_folder": None, "recipe": asdict(recipe), "data": data_hash}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _facts(
    by_side: Mapping[Side, list[TrainingSeries]],
    options: TrainingOptions,
    recipe: ServiceRecipe,
    state: FitState,
    data_hash: str,
    now: datetime,
    parameters: int,
) -> dict[str, object]:
    datasets = sorted({one.dataset for side in by_side.values() for one in side})
    counts = {
        name: {
            str(side): len({one.service_id for one in members if one.dataset == name})
            for side, members in by_side.items()
        }
        for name in datasets
    }
    recipe_values = {name: value for name, value in asdict(recipe).items() if name != "plan"}
    return {
        "trained_at": now.isoformat(),
        "data_hash": data_hash,
        "services": counts,
        "training_hours": int(sum(one.observed.sum() for one in by_side[Side.TRAINING])),
        "options": {name: value for name, value in asdict(options).items() if name != "work_folder"},
        "recipe": {**recipe_values, **asdict(recipe.plan)},
        "epochs_run": state.epochs_done,
        "best_epoch": state.best_epoch,
        "seconds": round(sum(entry["seconds"] for entry in state.history), 1),
        "parameters": parameters,
    }


def _figures(scores: Mapping[str, HeldOutScores]) -> dict[str, object]:
    return {
        history: {
            "overall": asdict(found.overall),
            "datasets": {name: asdict(score) for name, score in found.datasets.items()},
        }
        for history, found in scores.items()
    }
