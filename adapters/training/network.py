"""The network both models share: two LSTMs over 24 steps, a dense layer, one number per quantile and step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from domain.quantile_head import HEAD_LEVELS, HEAD_MEDIAN

HEAD: Final = "quantile_head"
FIRST, SECOND, DENSE = "both_ways", "lstm_second", "dense"


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


def build_network(shape: NetworkShape, *, seed: int) -> Any:
    """An untrained Keras model (batch, steps, features) → (batch, steps, levels).

    The inputs are joined to the output of the LSTMs, so that the dense layer can correct simple rules instead of
    having to carry them through the recurrence. The head starts near zero: the first forecast is the anchor.
    """
    import keras

    keras.utils.set_random_seed(seed)
    model = _network(shape)
    kernel, bias = model.get_layer(HEAD).get_weights()
    bias[:] = -1.0
    bias[HEAD_MEDIAN] = 0.0
    model.get_layer(HEAD).set_weights([kernel * 0.1, bias])
    return model


def _network(shape: NetworkShape) -> Any:
    import keras
    from keras import layers

    inputs = keras.Input((shape.steps, shape.features), name="window")
    both = layers.LSTM(shape.units, return_sequences=True, name="lstm")
    hidden = layers.Bidirectional(both, name=FIRST)(inputs)
    hidden = layers.Dropout(shape.dropout, name="dropout")(hidden)
    hidden = layers.LSTM(shape.second_units, return_sequences=True, name=SECOND)(hidden)
    hidden = layers.Concatenate(name="with_inputs")([hidden, inputs])
    hidden = layers.Dense(shape.dense_units, activation="relu", name=DENSE)(hidden)
    outputs = layers.Dense(len(HEAD_LEVELS), name=HEAD)(hidden)
    return keras.Model(inputs, outputs, name="quantile_lstm")
