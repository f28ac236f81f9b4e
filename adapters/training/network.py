"""The network both models share: two LSTMs over 24 steps, a dense layer, one number per quantile and step.

Several of them, trained apart from other seeds, can answer as one: their outputs averaged inside one graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from domain.quantile_head import HEAD_LEVELS, HEAD_MEDIAN

HEAD: Final = "quantile_head"
BRANCH_LAYERS: Final = ("both_ways", "lstm_second", "dense")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkShape:
    """Size of the network.

    Attributes:
        steps: Length of the sequence.
        features: Columns of each step.
        units: Of each direction of the first LSTM.
        second_units: Of the second LSTM.
        dense_units: Of the layer before the head.
        dropout: Share of the first LSTM's output dropped while training.
    """

    steps: int
    features: int
    units: int
    second_units: int
    dense_units: int
    dropout: float


def branch_names(member: int) -> tuple[str, str, str]:
    """Names of the first LSTM, the second and the dense layer of a member; the first member's have no suffix."""
    first, second, dense = (f"{name}_{member}" if member else name for name in BRANCH_LAYERS)
    return first, second, dense


def build_network(shape: NetworkShape, *, seed: int) -> Any:
    """An untrained Keras model (batch, steps, features) → (batch, steps, levels).

    The inputs are joined to the output of the LSTMs, so that the dense layer can correct simple rules instead of
    having to carry them through the recurrence. The head starts near zero: the first forecast is the anchor.
    """
    import keras

    keras.utils.set_random_seed(seed)
    model = _network(shape, members=1)
    kernel, bias = model.get_layer(HEAD).get_weights()
    bias[:] = -1.0
    bias[HEAD_MEDIAN] = 0.0
    model.get_layer(HEAD).set_weights([kernel * 0.1, bias])
    return model


def join_networks(members: Sequence[Any], shape: NetworkShape) -> Any:
    """One model whose output is the mean of the members' outputs.

    Every member keeps its branch; the mean is taken by one head that reads all branches, its kernel the members'
    kernels one below the other, divided by their number. No layer is needed that an ordinary network lacks.

    Args:
        members: Models that ``build_network(shape)`` gave, trained.
        shape: Of each member.
    """
    if len(members) == 1:
        return members[0]
    joined = _network(shape, members=len(members))
    for member, model in enumerate(members):
        for name, own in zip(branch_names(member), BRANCH_LAYERS, strict=True):
            joined.get_layer(name).set_weights(model.get_layer(own).get_weights())
    heads = [model.get_layer(HEAD).get_weights() for model in members]
    kernel = np.concatenate([kernel for kernel, _ in heads]) / np.float32(len(heads))
    joined.get_layer(HEAD).set_weights([kernel, np.mean([bias for _, bias in heads], axis=0)])
    return joined


def _network(shape: NetworkShape, members: int) -> Any:
    import keras
    from keras import layers

    inputs = keras.Input((shape.steps, shape.features), name="window")
    branches = [_branch(inputs, shape, member) for member in range(members)]
    hidden = branches[0] if members == 1 else layers.Concatenate(name="members")(branches)
    outputs = layers.Dense(len(HEAD_LEVELS), name=HEAD)(hidden)
    return keras.Model(inputs, outputs, name="quantile_lstm")


def _branch(inputs: Any, shape: NetworkShape, member: int) -> Any:
    from keras import layers

    first, second, dense = branch_names(member)
    end = f"_{member}" if member else ""
    both = layers.LSTM(shape.units, return_sequences=True, name="lstm")
    hidden = layers.Bidirectional(both, name=first)(inputs)
    hidden = layers.Dropout(shape.dropout, name=f"dropout{end}")(hidden)
    hidden = layers.LSTM(shape.second_units, return_sequences=True, name=second)(hidden)
    hidden = layers.Concatenate(name=f"with_inputs{end}")([hidden, inputs])
    return layers.Dense(shape.dense_units, activation="relu", name=dense)(hidden)
