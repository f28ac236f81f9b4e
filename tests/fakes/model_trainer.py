"""A trainer that learns nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from domain.errors import ConfigurationError, InvalidData
from domain.ports.model_trainer import ModelTrainer, ProgressCallback, TrainedModel, TrainingOptions, TrainingProgress

STEPS = 10


class DigestingTrainer(ModelTrainer):
    """Its "network" is a digest of data, seed and epochs; a source needs two lines to learn from.

    Args:
        chosen: What a command chose about the model, kept as it is.

    Attributes:
        sources: What it was last asked to learn from.
        options: How.
        problem: When not empty, training raises ConfigurationError with this text.
    """

    def __init__(self, **chosen: object) -> None:
        self.chosen: Mapping[str, object] = chosen
        self.sources: tuple[Path, ...] = ()
        self.options: TrainingOptions | None = None
        self.problem = ""

    def train(
        self, sources: Sequence[Path], options: TrainingOptions, *, now: datetime, on_progress: ProgressCallback
    ) -> TrainedModel:
        """See the port."""
        if self.problem:
            raise ConfigurationError(self.problem)
        self.sources, self.options = tuple(sources), options
        learned = hashlib.sha256(f"{options.seed} {options.epochs}".encode())
        for source in sources:
            learned.update(_content(source))
        for epoch in range(1, options.epochs + 1):
            for step in (STEPS // 2, STEPS):
                on_progress(_progress(options, epoch, step))
        return TrainedModel(
            name="service", files={"a.h5": learned.hexdigest().encode()},
            facts={"trained_at": now.isoformat(), "sources": [source.name for source in sources]},
            figures={"two weeks": {"overall": {"mae_ratio": 0.7, "pinball_ratio": 0.65}}},
        )  # fmt: skip


def _content(source: Path) -> bytes:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise InvalidData(f"{source.name}: there is no such file") from error
    if content.count(b"\n") < 2:
        raise InvalidData(f"{source.name}: there is nothing to learn from")
    return content


def _progress(options: TrainingOptions, epoch: int, step: int) -> TrainingProgress:
    return TrainingProgress(
        epoch=epoch, epochs=options.epochs, step=step, steps=STEPS, loss=1 / epoch,
        validation_loss=None if step < STEPS else 2 / epoch,
        seconds_left=60.0 * (options.epochs - epoch) + 60 - 6 * step,
    )  # fmt: skip
