"""The training loop: batches in, best weights out; stops early, can be resumed, tells how far it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from adapters.training.quantile_loss import weighted_pinball
from adapters.training.window_sampler import WindowBatch
from domain.ports.model_trainer import ProgressCallback, TrainingOptions, TrainingProgress

WARMUP_STEPS = 200
FINAL_RATE_SHARE = 0.005
MAX_GRADIENT_NORM = 1.0
_REPORT_EVERY_STEPS = 25
_VALIDATED_AT_ONCE = 2048
_CHECKPOINT = "checkpoint.npz"

DrawBatch = Callable[[int], WindowBatch]


@dataclass(slots=True, kw_only=True)
class FitState:
    """What a run has reached; written after every epoch.

    Attributes:
        fingerprint: Of data and options: a run is only resumed by the same one.
        epochs_done: Finished epochs.
        best_epoch: 1-based epoch of the lowest validation loss, 0 before the first.
        best_loss: That loss.
        history: One entry per epoch: loss, validation_loss, learning_rate, seconds.
    """

    fingerprint: str
    epochs_done: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    history: list[dict[str, float]] = field(default_factory=list)


class FitLoop:
    """Fits one network.

    Args:
        model: Keras model to fit, changed in place; holds the best weights afterwards.
        options: Epochs, rate, patience, work folder.
        steps_per_epoch: Batches per epoch.
        fingerprint: Of data and options.
    """

    def __init__(
        self,
        model: Any,
        options: TrainingOptions,
        *,
        steps_per_epoch: int,
        fingerprint: str,
    ) -> None:
        self._model = model
        self._options = options
        self._steps = steps_per_epoch
        self._state = FitState(fingerprint=fingerprint)
        self._best = [np.array(weight) for weight in model.get_weights()]
        self._optimizer = self._make_optimizer()
        self._optimizer.build(model.trainable_variables)
        self._train_step = self._make_step()
        self._answer = self._make_answer()

    def run(self, draw: DrawBatch, validation: WindowBatch, on_progress: ProgressCallback) -> FitState:
        """Fit until the last epoch or until patience runs out; ``draw`` is called with the number of the step."""
        self._resume()
        while self._state.epochs_done < self._options.epochs and not self._out_of_patience():
            self._epoch(draw, validation, on_progress)
            self._save()
        self._model.set_weights(self._best)
        return self._state

    def _epoch(self, draw: DrawBatch, validation: WindowBatch, on_progress: ProgressCallback) -> None:
        import tensorflow as tf

        started, first = time.monotonic(), self._state.epochs_done * self._steps
        losses: list[float] = []
        for step in range(self._steps):
            batch = draw(first + step)
            parts = (batch.inputs, batch.anchor, batch.target, batch.weight)
            losses.append(float(self._train_step(*(tf.constant(part) for part in parts))))
            if (step + 1) % _REPORT_EVERY_STEPS == 0:
                on_progress(self._progress(step + 1, losses, None, time.monotonic() - started))
        validation_loss = self._validate(validation)
        self._record(float(np.mean(losses)), validation_loss, time.monotonic() - started)
        on_progress(self._progress(self._steps, losses, validation_loss, time.monotonic() - started))

    def _record(self, loss: float, validation_loss: float, seconds: float) -> None:
        state = self._state
        state.epochs_done += 1
        rate = float(np.asarray(self._optimizer.learning_rate))
        entry = {"loss": loss, "validation_loss": validation_loss, "learning_rate": rate, "seconds": round(seconds, 2)}
        state.history.append(entry)
        if validation_loss < state.best_loss:
            state.best_loss, state.best_epoch = validation_loss, state.epochs_done
            self._best = [np.array(weight) for weight in self._model.get_weights()]

    def _progress(
        self, step: int, losses: list[float], validation_loss: float | None, seconds: float
    ) -> TrainingProgress:
        options, done = self._options, self._state.epochs_done - (validation_loss is not None)
        left = (options.epochs - done) * self._steps - step
        return TrainingProgress(
            epoch=done + 1,
            epochs=options.epochs,
            step=step,
            steps=self._steps,
            loss=float(np.mean(losses)),
            validation_loss=validation_loss,
            seconds_left=left * seconds / max(step, 1),
        )

    def _out_of_patience(self) -> bool:
        return self._state.epochs_done - self._state.best_epoch > self._options.patience

    def _validate(self, batch: WindowBatch) -> float:
        pieces = [
            np.asarray(self._answer(batch.inputs[first : first + _VALIDATED_AT_ONCE]))
            for first in range(0, len(batch.inputs), _VALIDATED_AT_ONCE)
        ]
        return float(weighted_pinball(np.concatenate(pieces), batch.anchor, batch.target, batch.weight))

    def _make_optimizer(self) -> Any:
        import keras

        total = self._options.epochs * self._steps
        warmup = min(WARMUP_STEPS, total // 10)
        schedule = keras.optimizers.schedules.CosineDecay(
            self._options.learning_rate * 0.1,
            max(1, total - warmup),
            alpha=FINAL_RATE_SHARE,
            warmup_target=self._options.learning_rate,
            warmup_steps=warmup,
        )
        return keras.optimizers.Adam(schedule, clipnorm=MAX_GRADIENT_NORM)

    def _make_step(self) -> Callable[..., Any]:
        import tensorflow as tf

        model, optimizer = self._model, self._optimizer

        @tf.function  # type: ignore[untyped-decorator, unused-ignore]
        def train_step(inputs: Any, anchor: Any, target: Any, weight: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = weighted_pinball(model(inputs, training=True), anchor, target, weight)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            return loss

        return train_step  # type: ignore[no-any-return, unused-ignore]

    def _make_answer(self) -> Callable[..., Any]:
        """Keras's own ``predict`` keeps state that threads would share."""
        import tensorflow as tf

        model = self._model

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator, unused-ignore]
        def answer(inputs: Any) -> Any:
            return model(inputs, training=False)

        return answer  # type: ignore[no-any-return, unused-ignore]

    def _save(self) -> None:
        folder = self._options.work_folder
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        # All variables, not only weights: the state of dropout's random numbers is among them.
        arrays = {f"now_{i}": np.asarray(v) for i, v in enumerate(self._model.variables)}
        arrays |= {f"best_{i}": w for i, w in enumerate(self._best)}
        arrays |= {f"optimizer_{i}": np.asarray(v) for i, v in enumerate(self._optimizer.variables)}
        arrays["state"] = np.frombuffer(json.dumps(asdict(self._state)).encode(), dtype=np.uint8)
        beside = folder / f".{_CHECKPOINT}.tmp.npz"
        np.savez(beside, **arrays)  # type: ignore[arg-type, unused-ignore]
        beside.replace(folder / _CHECKPOINT)

    def _resume(self) -> None:
        folder = self._options.work_folder
        if folder is None or not (path := folder / _CHECKPOINT).is_file():
            return
        with np.load(path, allow_pickle=False) as stored:
            state = FitState(**json.loads(stored["state"].tobytes()))
            if state.fingerprint != self._state.fingerprint:
                return  # made from other data or with other options
            for i, variable in enumerate(self._model.variables):
                variable.assign(stored[f"now_{i}"])
            self._best = [stored[f"best_{i}"] for i in range(len(self._best))]
            for i, variable in enumerate(self._optimizer.variables):
                variable.assign(stored[f"optimizer_{i}"])
            self._state = state
