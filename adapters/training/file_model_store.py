"""Keeps a trained model as one set of files in a folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from adapters.models_io.artefacts import write_artefacts
from domain.ports.model_store import ModelStore
from domain.ports.model_trainer import TrainedModel


class FileModelStore(ModelStore):
    """Writes to a folder, all files and their manifest together.

    Args:
        folder: Made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, model: TrainedModel, *, now: datetime) -> None:
        """See the port."""
        write_artefacts(self._folder, model.name, model.files, now)
