"""The rule of the statistical baseline once more, in TensorFlow, so that its constants can be fitted by gradient.

Follows adapters/forecasters/statistical_rule.py step by step; ``fit_statistical.py`` checks that both agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from adapters.forecasters.day_window import HOURS, PAST
from adapters.forecasters.statistical_rule import EXPERTS, SPREADS
from domain.forecast import QUANTILE_LEVELS

Floats = NDArray[np.float64]

_LEVELS = tf.constant(QUANTILE_LEVELS)
# The levels of the score count in full, the two between them half.
_WEIGHTS = tf.constant([1.0, 0.5, 1.0, 0.5, 1.0, 1.0, 1.0])
_LEADS = np.arange(HOURS)
_FADE = tf.constant(np.exp(-_LEADS / 4.0).astype(np.float32))
_NEIGHBOURS = np.exp(-np.abs(_LEADS[:, None] - _LEADS) / 3.0)
_NEAR = tf.constant((_NEIGHBOURS / _NEIGHBOURS.sum(axis=0)).astype(np.float32))


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Batch:
    """Windows in units of their own spread: says (n, K, 8, 24), days (n, 14, 24), counted (n, 7, 24), unseen (n,)."""

    says: Any
    days: Any
    counted: Any
    unseen: Any


class Rule(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    """The constants of one class of history length, before softplus and sigmoid, as they are printed."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        start = -3.0 + 0.1 * np.random.default_rng(seed).standard_normal((6, SPREADS))
        self.prior = tf.Variable(np.zeros((2, len(EXPERTS)), np.float32))
        self.sharpness = tf.Variable(np.array([1.0, 0.0], np.float32))
        self.locality = tf.Variable(np.float32(0.0))
        self.spread = tf.Variable(np.stack([start, np.zeros_like(start)]).astype(np.float32))

    def quantiles(self, batch: Batch) -> Any:
        """Shape (n, 24, 7)."""
        says, days, counted = batch.says, batch.days, batch.counted
        hours = tf.reduce_sum(counted, 1)
        near = hours @ _NEAR + 1e-6
        total = tf.reduce_sum(hours, 1)[:, None] + 1e-6
        weights = self._weights(says, days, counted, near, total)
        blended = tf.einsum("nkol,nkl->nol", says, weights)
        median, residual = blended[:, PAST], (days[:, PAST:] - blended[:, :PAST]) * counted
        disagreement = tf.reduce_sum(tf.abs(says[:, :, PAST] - median[:, None]) * weights, 1)
        common = self._common(days, residual, disagreement, batch.unseen, total)
        week = days[:, PAST:]
        above = _side(residual, median, tf.reduce_max(week, 1), near, total, common)
        below = _side(-residual, -median, tf.reduce_max(-week, 1), near, total, common)
        widths = tf.nn.softplus(self.spread[0][..., None] + self.spread[1][..., None] * _FADE)
        down = tf.cumsum(tf.einsum("fnl,qfl->nlq", below, widths[:2]), -1)
        up = tf.cumsum(tf.einsum("fnl,qfl->nlq", above, widths[2:]), -1)
        middle = median[..., None]
        return tf.concat([middle - down[..., ::-1], middle, middle + up], -1)

    def _weights(self, says: Any, days: Any, counted: Any, near: Any, total: Any) -> Any:
        missed = tf.reduce_sum(tf.abs(says[:, :, :PAST] - days[:, None, PAST:]) * counted[:, None], 2)
        local = tf.sigmoid(self.locality)
        error = (missed @ _NEAR) * (local / near[:, None])
        error += tf.reduce_sum(missed, -1, keepdims=True) * ((1 - local) / total[:, None])
        error = error / (tf.reduce_mean(error, 1, keepdims=True) + 1e-9) + 0.02
        sharpness = tf.nn.softplus(self.sharpness[0] + self.sharpness[1] * _FADE)
        prior = self.prior[0][:, None] + self.prior[1][:, None] * _FADE
        return tf.nn.softmax(prior - sharpness * tf.math.log(error), 1)

    def _common(self, days: Any, residual: Any, disagreement: Any, unseen: Any, total: Any) -> list[Any]:
        wide = tf.ones_like(disagreement)
        day, week = days[:, -1], tf.reshape(days[:, PAST:], (-1, PAST * HOURS))
        steps = tf.reduce_mean(tf.abs(day[:, 1:] - day[:, :-1]), 1)
        return [
            tf.reduce_sum(tf.abs(residual), (1, 2))[:, None] / total * wide,
            disagreement,
            _deviation(day)[:, None] * wide,
            (_deviation(week) + unseen)[:, None] * wide,
            steps[:, None] * wide,
        ]


def _deviation(values: Any) -> Any:
    return tf.sqrt(tf.math.reduce_variance(values, 1) + 1e-12)


def _side(residual: Any, median: Any, highest: Any, near: Any, total: Any, common: list[Any]) -> Any:
    """Measures of spread on one side, in the rule's order: (F, n, 24)."""
    part = tf.nn.relu(residual)
    by_hour, wide = tf.reduce_sum(part, 1), tf.ones_like(median)
    mean = tf.reduce_sum(by_hour, 1)[:, None] / total
    square = tf.sqrt(tf.reduce_sum(tf.square(part), (1, 2))[:, None] / total + 1e-10)
    most = tf.reduce_max(highest, 1)[:, None]
    first = [mean * wide, (by_hour @ _NEAR) / near, square * wide]
    return tf.stack([*first, *common, tf.nn.relu(most - median), tf.nn.relu(highest - median)], 0)


def losses(quantiles: Any, actual: Any, observed: Any) -> tuple[Any, Any]:
    """Per window Σ |error| and Σ weighted pinball loss over the observed hours."""
    off = actual[..., None] - quantiles
    pinball = tf.maximum(_LEVELS * off, (_LEVELS - 1.0) * off) * _WEIGHTS
    return tf.reduce_sum(tf.abs(off[..., 3]) * observed, 1), tf.reduce_sum(pinball * observed[..., None], (1, 2))
