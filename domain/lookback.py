"""Lags, trailing means and trailing extremes: nothing here reads a later row.

Every window is summed term by term in one fixed order, newest row first. A row's value therefore depends on the rows
of its window alone, to the last bit: a slice of a series gives the same numbers as the whole series.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def lag(values: Floats, hours: int) -> Floats:
    """Values of ``hours`` rows before; before the first row the oldest value is repeated.

    Args:
        values: Shape (n,) or (n, k), n ≥ 1.
        hours: At least 1.
    """
    padding = np.repeat(values[:1], min(hours, len(values)), axis=0)
    return np.concatenate([padding, values[: len(values) - len(padding)]])


def trailing_mean(values: Floats, hours: int) -> Floats:
    """Mean over the row itself and the ``hours`` - 1 before it, over as many as there are.

    Args:
        values: Shape (n,) or (n, k), n ≥ 1.
        hours: Window length, at least 1.
    """
    return _trailing_sum(values, hours) / _counts(values, hours)


def trailing_std(values: Floats, hours: int) -> Floats:
    """Sample standard deviation (n - 1) over the trailing window; 0 while the window holds one row.

    Args:
        values: Shape (n,), n ≥ 1.
        hours: Window length, at least 2.
    """
    mean = trailing_mean(values, hours)
    squares = np.zeros_like(values)
    for back in range(min(hours, len(values))):
        squares[back:] += (values[: len(values) - back] - mean[back:]) ** 2
    return np.sqrt(squares / np.maximum(_counts(values, hours) - 1, 1))


def trailing_max(values: Floats, hours: int) -> Floats:
    """Largest value of the trailing window, over as many rows as there are; shape (n,)."""
    padded = np.concatenate([np.full(hours - 1, -np.inf), values])
    extremes: Floats = sliding_window_view(padded, hours).max(axis=-1)
    return extremes


def trailing_min(values: Floats, hours: int) -> Floats:
    """Smallest value of the trailing window, over as many rows as there are; shape (n,)."""
    lowest: Floats = -trailing_max(-values, hours)
    return lowest


def _trailing_sum(values: Floats, hours: int) -> Floats:
    total = np.zeros_like(values)
    for back in range(min(hours, len(values))):
        total[back:] += values[: len(values) - back]
    return total


def _counts(values: Floats, hours: int) -> Floats:
    counts = np.minimum(np.arange(1.0, len(values) + 1), float(hours))
    column: Floats = counts.reshape(-1, *([1] * (values.ndim - 1)))
    return column
