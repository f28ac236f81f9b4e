"""What is told of trained models: those there are, and one that was checked before it is put to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.forecast import Forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
    """One model as a list shows it.

    Attributes:
        name: Folder it lies in, or ``.`` for the model folder itself.
        kind: ``cluster``, ``service``, or ``foreign`` for files of others.
        trusted: A manifest vouches for every file.
        trained_at: ISO 8601, empty when the metadata do not say.
        figures: Backtest figures kept with the model, by name.
        files: Names of its files.
        problem: Why it would be refused; empty when it would not.
    """

    name: str
    kind: str
    trusted: bool
    trained_at: str
    figures: Mapping[str, float]
    files: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInputs:
    """What a model reads and predicts."""

    sequence_length: int
    n_features: int
    feature_names: tuple[str, ...]
    target: str


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelReport:
    """What checking a model found.

    Attributes:
        kind: As in ``ModelSummary``.
        trusted: As in ``ModelSummary``.
        network: Its layers in one line; empty when the network file was not opened.
        inputs: What it reads and predicts.
        trained_at: ISO 8601, empty when unknown.
        forecast: One forecast, from the end of the data.
        notes: What a reader should know, one sentence each.
    """

    kind: str
    trusted: bool
    network: str
    inputs: ModelInputs
    trained_at: str
    forecast: Forecast
    notes: tuple[str, ...] = ()
