"""The layers of a checked network as NumPy functions; definitions as in the Keras layer reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, cast

import numpy as np
from numpy.typing import NDArray

from adapters.models_io.architecture import Layer
from domain.errors import ModelRefused

Array = NDArray[np.float32]
Step = Callable[[Sequence[Array]], Array]
Shape = tuple[int, ...]


def _sigmoid(x: Array) -> Array:
    return cast(Array, np.float32(0.5) * (np.tanh(np.float32(0.5) * x) + np.float32(1)))  # no overflow in exp


ACTIVATION_FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, np.float32(0)),
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "softplus": lambda x: np.logaddexp(np.float32(0), x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, np.float32(0)))),
    "swish": lambda x: x * _sigmoid(x),
    "silu": lambda x: x * _sigmoid(x),
}


_ONLY_IN_TRAINING = ("Dropout", "SpatialDropout1D", "GaussianNoise")


class LayerBuilder:
    """Turns one layer and its weights into a step and the shape of its result."""

    def __init__(self, layer: Layer, weights: dict[str, Array], artefact: str) -> None:
        self._layer, self._artefact = layer, artefact
        self._settings = layer.settings
        self._weights = weights

    def build(self, shapes: list[Shape]) -> tuple[Step, Shape]:
        """The step and the shape of one result (without the batch axis)."""
        kind = self._layer.kind
        if kind in ("Concatenate", "Add"):
            return self._merge(kind, shapes)
        if len(shapes) != 1:
            self._refuse(f"reads {len(shapes)} layers, one is expected")
        known: dict[str, Callable[[Shape], tuple[Step, Shape]]] = {
            "LSTM": lambda shape: self._lstm(shape, self._settings, ""),
            "Bidirectional": self._bidirectional,
            "Dense": self._dense,
            "BatchNormalization": self._batch_normalization,
            "LayerNormalization": self._layer_normalization,
            "Activation": lambda shape: (self._activation(kind), shape),
            "ReLU": lambda shape: (self._activation(kind), shape),
            "Flatten": lambda shape: (lambda inputs: inputs[0].reshape(len(inputs[0]), -1), (int(np.prod(shape)),)),
        }
        known |= dict.fromkeys(_ONLY_IN_TRAINING, lambda shape: (lambda inputs: inputs[0], shape))
        if kind not in known:
            self._refuse(f"is a {kind}, which cannot be run here")
        return known[kind](shapes[0])

    def _refuse(self, what: str) -> NoReturn:
        raise ModelRefused(self._artefact, f"the layer {self._layer.name[:60]!r} {what}")

    def _require(self, options: Mapping[str, object], **wanted: object) -> None:
        for name, value in wanted.items():
            if options.get(name, value) != value:
                self._refuse(f"uses {name} = {str(options.get(name))[:40]}; only {value} can be run here")

    def _units(self, options: Mapping[str, object]) -> int:
        units = options.get("units")
        if not isinstance(units, int):
            self._refuse("does not say how many units it has")
        return units

    def _weight(self, name: str, shape: Shape, half: str = "") -> Array:
        found = None
        for path, values in self._weights.items():
            parts = path.removesuffix(":0").split("/")
            if parts[-1] == name and (not half or (len(parts) > 2 and parts[-3].startswith(half))):
                found = values
        if found is None:
            self._refuse(f"has no weight {name} in the file")
        if found.shape != shape:
            self._refuse(f"needs {name} of shape {shape}, the file holds {found.shape}")
        return found

    def _activated(self, options: Mapping[str, object], key: str, default: str) -> Callable[[Array], Array]:
        return ACTIVATION_FUNCTIONS[str(options.get(key, default))]

    def _dense(self, shape: Shape) -> tuple[Step, Shape]:
        units = self._units(self._settings)
        kernel = self._weight("kernel", (shape[-1], units))
        bias = self._weight("bias", (units,)) if self._settings.get("use_bias", True) else np.float32(0)
        activation = self._activated(self._settings, "activation", "linear")
        return (lambda inputs: activation(inputs[0] @ kernel + bias)), (*shape[:-1], units)

    def _lstm(self, shape: Shape, options: Mapping[str, object], half: str) -> tuple[Step, Shape]:
        self._require(options, return_state=False, stateful=False)
        if len(shape) != 2:
            self._refuse(f"reads {shape}, a sequence is expected")
        units = self._units(options)
        kernel = self._weight("kernel", (shape[1], 4 * units), half)
        recurrent = self._weight("recurrent_kernel", (units, 4 * units), half)
        bias = self._weight("bias", (4 * units,), half) if options.get("use_bias", True) else np.float32(0)
        inner = self._activated(options, "activation", "tanh")
        gate = self._activated(options, "recurrent_activation", "sigmoid")
        backwards, whole = bool(options.get("go_backwards")), bool(options.get("return_sequences"))

        def step(inputs: Sequence[Array]) -> Array:
            sequence = inputs[0][:, ::-1] if backwards else inputs[0]
            states = _run_lstm(sequence @ kernel + bias, recurrent, inner, gate)
            return states if whole else states[:, -1]

        return step, ((shape[0], units) if whole else (units,))

    def _bidirectional(self, shape: Shape) -> tuple[Step, Shape]:
        self._require(self._settings, merge_mode="concat")
        inner = self._settings.get("layer")
        options = inner.get("config") if isinstance(inner, dict) and inner.get("class_name") == "LSTM" else None
        if not isinstance(options, dict) or options.get("go_backwards"):
            self._refuse("does not wrap a forward LSTM")
        forward, single = self._lstm(shape, options, "forward_")
        backward, _ = self._lstm(shape, {**options, "go_backwards": True}, "backward_")
        whole = bool(options.get("return_sequences"))

        def step(inputs: Sequence[Array]) -> Array:
            there, back = forward(inputs), backward(inputs)
            return np.concatenate([there, back[:, ::-1] if whole else back], axis=-1)

        return step, (*single[:-1], 2 * single[-1])

    def _batch_normalization(self, shape: Shape) -> tuple[Step, Shape]:
        last = (shape[-1],)
        mean, variance = self._weight("moving_mean", last), self._weight("moving_variance", last)
        if (variance < 0).any():
            self._refuse("has a negative variance")
        self._last_axis_only(len(shape))
        scale, shift = self._scale_and_shift(last)
        factor = scale / np.sqrt(variance + np.float32(self._epsilon()))
        return (lambda inputs: (inputs[0] - mean) * factor + shift), shape

    def _layer_normalization(self, shape: Shape) -> tuple[Step, Shape]:
        self._last_axis_only(len(shape))
        scale, shift = self._scale_and_shift((shape[-1],))
        epsilon = np.float32(self._epsilon())

        def step(inputs: Sequence[Array]) -> Array:
            x = inputs[0]
            centred = x - x.mean(axis=-1, keepdims=True)
            return cast(Array, centred / np.sqrt(x.var(axis=-1, keepdims=True) + epsilon) * scale + shift)

        return step, shape

    def _epsilon(self) -> float:
        epsilon = self._settings.get("epsilon", 1e-3)
        if not isinstance(epsilon, float) or not 0 < epsilon < 1:
            self._refuse("needs an epsilon between 0 and 1")
        return epsilon

    def _scale_and_shift(self, last: Shape) -> tuple[Array, Array]:
        scale = self._weight("gamma", last) if self._settings.get("scale", True) else np.ones(last, np.float32)
        shift = self._weight("beta", last) if self._settings.get("center", True) else np.zeros(last, np.float32)
        return scale, shift

    def _last_axis_only(self, dimensions: int) -> None:
        if self._settings.get("axis", -1) not in (-1, [-1], dimensions, [dimensions]):
            self._refuse(f"normalises axis {str(self._settings.get('axis'))[:20]}, only the last can be run here")

    def _activation(self, kind: str) -> Step:
        options = self._settings
        if kind == "ReLU":
            self._require(options, max_value=None, negative_slope=0.0, threshold=0.0)
        function = self._activated(options, "activation", "linear") if kind == "Activation" else None
        relu = ACTIVATION_FUNCTIONS["relu"]
        return lambda inputs: (function or relu)(inputs[0])

    def _merge(self, kind: str, shapes: list[Shape]) -> tuple[Step, Shape]:
        if kind == "Add":
            if len(set(shapes)) != 1:
                self._refuse(f"adds results of different shapes {shapes}")
            return (lambda inputs: cast(Array, sum(inputs[1:], inputs[0]))), shapes[0]
        self._last_axis_only(len(shapes[0]))
        if len({shape[:-1] for shape in shapes}) != 1:
            self._refuse(f"joins results of different shapes {shapes}")
        return (lambda inputs: np.concatenate(inputs, axis=-1)), (*shapes[0][:-1], sum(s[-1] for s in shapes))


def _run_lstm(
    projected: Array, recurrent: Array, inner: Callable[[Array], Array], gate: Callable[[Array], Array]
) -> Array:
    """Hidden states (n, steps, units) from the projected inputs (n, steps, 4 × units); gates in order i, f, c, o."""
    count, steps, width = projected.shape
    units = width // 4
    hidden: Array = np.zeros((count, units), np.float32)
    cell = hidden
    states = np.empty((count, steps, units), np.float32)
    for index in range(steps):
        gates = projected[:, index] + hidden @ recurrent
        opened = gate(gates)  # the third quarter is not a gate; one call on all is quicker than three
        fresh = inner(gates[:, 2 * units : 3 * units])
        cell = opened[:, units : 2 * units] * cell + opened[:, :units] * fresh
        hidden = opened[:, 3 * units :] * inner(cell)
        states[:, index] = hidden
    return states
