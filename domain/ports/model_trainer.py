"""Port: who turns series into a trained model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """How to train.

    Attributes:
        epochs: At most this many.
        batch_size: Windows per step.
        learning_rate: Highest rate; it rises at first and then falls along a cosine.
        patience: Stop after this many epochs without a lower validation loss.
        validation_share: Share used to stop (of services, or of the time axis for the cluster model).
        test_share: Share never touched in training, used for the figures on the model card.
        seed: Same seed, same data, same machine and library versions: same artefacts, but for the time it took.
        work_folder: Where checkpoints are kept so that an interrupted run can be resumed; None keeps none.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    validation_share: float
    test_share: float
    seed: int
    work_folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProgress:
    """Where a run stands: loss so far and the time it will still take."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    validation_loss: float | None
    seconds_left: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedModel:
    """A finished model, not yet stored.

    Attributes:
        name: ``service`` or ``cluster``.
        files: File name → content of every artefact.
        facts: What the model card tells: plain values (sources, shares, parameters, dates).
        figures: Measured on the test share: name → value.
    """

    name: str
    files: Mapping[str, bytes]
    facts: Mapping[str, object]
    figures: Mapping[str, object]


ProgressCallback = Callable[[TrainingProgress], None]


class ModelTrainer(Protocol):
    """Reads training data, fits a network, judges it on what was kept apart, and exports it."""

    def train(
        self, sources: Sequence[Path], options: TrainingOptions, *, now: datetime, on_progress: ProgressCallback
    ) -> TrainedModel:
        """Train one model; deterministic as ``TrainingOptions.seed`` says.

        Raises:
            InvalidData: A source cannot be read, or does not hold enough to learn from.
            ConfigurationError: The libraries for training are not installed.
        """
        ...
