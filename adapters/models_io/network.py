"""Running a checked network in NumPy: a few matrix products, no TensorFlow, the same numbers within rounding.

Enough for what this file format is used for: LSTM layers (also bidirectional), batch and layer normalisation, dense
layers. Layers that act only in training (dropout, noise) pass their input on. A test compares the results with Keras.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from adapters.models_io.hdf5 import KerasFile
from adapters.models_io.network_layers import Array, LayerBuilder, Shape, Step


class NumpyNetwork:
    """A network with one input (n, steps, features) and one output; thread-safe, stateless.

    Attributes:
        steps: Length of the input sequence.
        features: Columns of each step.
        output_shape: Shape of one answer, for example (1,) or (24, 7).
    """

    def __init__(self, file: KerasFile, artefact: str) -> None:
        """Build the network; every weight must have the shape the architecture asks for.

        Raises:
            ModelRefused: A weight is missing or has another shape, or a layer uses an option not supported.
        """
        architecture = file.architecture
        self.steps, self.features = architecture.steps, architecture.features
        self._input, self._output = architecture.layers[0].name, architecture.output
        shapes: dict[str, Shape] = {self._input: (self.steps, self.features)}
        self._plan: list[tuple[str, tuple[str, ...], Step]] = []
        for layer in architecture.layers[1:]:
            builder = LayerBuilder(layer, file.weights.get(layer.name, {}), artefact)
            step, shapes[layer.name] = builder.build([shapes[name] for name in layer.inputs])
            self._plan.append((layer.name, layer.inputs, step))
        self.output_shape = shapes[self._output]

    def __call__(self, batch: NDArray[np.floating]) -> Array:
        """Answers of shape (n, *output_shape), float32, for a batch of shape (n, steps, features)."""
        if batch.ndim != 3 or batch.shape[1:] != (self.steps, self.features):
            raise ValueError(f"the network takes (n, {self.steps}, {self.features}), got {batch.shape}")
        values: dict[str, Array] = {self._input: batch.astype(np.float32)}
        for name, inputs, step in self._plan:
            values[name] = step([values[source] for source in inputs])
        return values[self._output]
