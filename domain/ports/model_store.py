"""Port: where a trained model goes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from domain.ports.model_trainer import TrainedModel


class ModelStore(Protocol):
    """Keeps the artefacts of one model together."""

    def save(self, model: TrainedModel, *, now: datetime) -> None:
        """Write all files and their digests as one set: readers see the old set or the new one, never a mix.

        Raises:
            ModelRefused: A file name cannot be used, or the place holds another model; the old set still counts.
            OSError: The place cannot be written; the old set still counts.
        """
        ...
