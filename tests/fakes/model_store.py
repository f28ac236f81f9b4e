"""A model store in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.errors import ModelRefused
from domain.ports.model_store import ModelStore
from domain.ports.model_trainer import TrainedModel


class InMemoryModelStore(ModelStore):
    """Holds one model.

    Attributes:
        model: The newest one saved; None when none was.
        saved_at: When that was.
        problem: When not empty, saving raises OSError with this text.
    """

    def __init__(self) -> None:
        self.model: TrainedModel | None = None
        self.saved_at: datetime | None = None
        self.problem = ""

    def save(self, model: TrainedModel, *, now: datetime) -> None:
        """See the port."""
        for name in model.files:
            if not name or name.startswith(".") or not name.isprintable() or {"/", "\\"} & set(name):
                raise ModelRefused(name, "it is no name of a file")
        if self.model is not None and self.model.name != model.name:
            raise ModelRefused(model.name, f"the store holds the model {self.model.name!r}")
        if self.problem:
            raise OSError(self.problem)
        self.model, self.saved_at = model, now

    @property
    def files(self) -> Mapping[str, bytes]:
        """What a reader sees."""
        return dict(self.model.files) if self.model is not None else {}
