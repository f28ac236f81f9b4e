"""Pinball loss over the quantiles that the plain output of the network stands for, as TensorFlow operations."""

from __future__ import annotations

from typing import Any, Final

from domain.quantile_head import HEAD_LEVELS, HEAD_MEDIAN

# The median is what is shown, the upper levels are what sizing pays for.
LEVEL_WEIGHTS: Final = (1.0, 0.5, 3.5, 0.5, 1.5, 2.0, 2.5, 2.0)


def weighted_pinball(raw: Any, anchor: Any, target: Any, weight: Any) -> Any:
    """Mean over hours of weight × pinball loss, averaged over the levels by ``LEVEL_WEIGHTS``.

    The same arithmetic as ``domain.quantile_head.assemble_quantiles``, in operations with a gradient.

    Args:
        raw: (batch, steps, levels), steps ≥ hours; the newest steps answer, those before them only carry history.
        anchor: (batch, hours).
        target: (batch, hours), scaled like ``anchor``.
        weight: (batch, hours), 0 where the target is unknown.
    """
    import tensorflow as tf

    error = target[..., None] - assembled(raw[:, -anchor.shape[1] :], anchor)
    level = tf.constant(HEAD_LEVELS, tf.float32)
    share = tf.constant([w / sum(LEVEL_WEIGHTS) for w in LEVEL_WEIGHTS], tf.float32)
    loss = tf.reduce_sum(tf.maximum(level * error, (level - 1.0) * error) * share, axis=-1)
    return tf.reduce_mean(loss * weight)


def assembled(raw: Any, anchor: Any) -> Any:
    """(batch, steps, levels): quantiles from the plain output."""
    import tensorflow as tf

    steps = tf.nn.softplus(raw)
    median = (anchor + raw[..., HEAD_MEDIAN])[..., None]
    below = median - tf.cumsum(steps[..., HEAD_MEDIAN - 1 :: -1], axis=-1)[..., ::-1]
    above = median + tf.cumsum(steps[..., HEAD_MEDIAN + 1 :], axis=-1)
    return tf.concat([below, median, above], axis=-1)
