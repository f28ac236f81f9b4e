"""Use case: train a model, describe it, store it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from application.model_card import CARD_NAME, render_card
from domain.ports.clock import Clock
from domain.ports.model_store import ModelStore
from domain.ports.model_trainer import ModelTrainer, ProgressCallback, TrainedModel, TrainingOptions


class TrainModel:
    """Trains with one trainer and stores the result, model card included, as one set.

    Args:
        trainer: For the kind of model wanted.
        store: Where the set goes.
        clock: Dates the model.
    """

    def __init__(self, trainer: ModelTrainer, store: ModelStore, clock: Clock) -> None:
        self._trainer = trainer
        self._store = store
        self._clock = clock

    def __call__(
        self,
        sources: Sequence[Path],
        options: TrainingOptions,
        *,
        on_progress: ProgressCallback,
        command: str = "",
        data_notes: str = "",
    ) -> TrainedModel:
        """Train, then store; nothing is stored when training fails.

        Args:
            sources: Files or folders to learn from.
            options: How to train.
            on_progress: Told of every few steps.
            command: How this was called, for the model card.
            data_notes: Markdown on where the data come from, their licences and citations, for the model card.

        Raises:
            InvalidData: A source cannot be used.
            ConfigurationError: The libraries for training are not installed.
            ModelRefused: The export disagrees with the trained network.
        """
        now = self._clock.now()
        trained = self._trainer.train(sources, options, now=now, on_progress=on_progress)
        card = render_card(trained, command=command, data_notes=data_notes)
        complete = replace(trained, files={**trained.files, CARD_NAME: card.encode()})
        self._store.save(complete, now=now)
        return complete
