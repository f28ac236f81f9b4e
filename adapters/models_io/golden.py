"""A prediction kept with the model: at load the same input must give the same answer.

Digests prove that the bytes are the ones written; this proves that they still mean the same to the library that runs
them. The input is a fixed pattern, so only the answer is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from domain.errors import ModelRefused

GOLDEN_KEY = "golden_prediction"
TOLERANCE = 1e-4

Predict = Callable[[NDArray[np.float32]], NDArray[np.floating]]


def golden_input(steps: int, features: int) -> NDArray[np.float32]:
    """Shape (1, steps, features): waves of different lengths between -1 and 1, the same everywhere."""
    time = np.arange(steps, dtype=np.float64)[:, None]
    column = np.arange(features, dtype=np.float64)[None, :]
    return np.sin(0.37 * time + 0.61 * column + 0.013 * time * column).astype(np.float32)[None]


def golden_answer(predict: Predict, steps: int, features: int) -> NDArray[np.float32]:
    """What to store under ``GOLDEN_KEY`` when a model is written."""
    return np.asarray(predict(golden_input(steps, features)), dtype=np.float32)


def check_golden(extra: Mapping[str, object], predict: Predict, *, steps: int, features: int, artefact: str) -> bool:
    """Compare with the stored answer.

    Returns:
        False when the metadata holds none (files of others).

    Raises:
        ModelRefused: The answer is not finite, or differs by more than ``TOLERANCE`` relative to its size.
    """
    answer = golden_answer(predict, steps, features)
    if not np.isfinite(answer).all():
        raise ModelRefused(artefact, "a prediction on ordinary numbers is not finite; train again")
    stored = extra.get(GOLDEN_KEY)
    if stored is None:
        return False
    if not isinstance(stored, np.ndarray) or stored.shape != answer.shape:
        raise ModelRefused(artefact, "the prediction kept with it has another shape; train again")
    error = float(np.max(np.abs(stored - answer), initial=0.0))
    if not error <= TOLERANCE * (1.0 + float(np.max(np.abs(stored), initial=0.0))):
        raise ModelRefused(
            artefact, f"it no longer gives the prediction kept with it (off by {error:.2g}); train again"
        )
    return True
