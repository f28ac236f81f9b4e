"""What layers a network is made of, taken from Keras's ``model_config`` against a list of known kinds.

Nothing in the description is ever resolved to code: a class, an activation or an initialiser is a word that is on a
list here or makes the file refused. That excludes Lambda layers, custom and registered objects, and modules to import.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.errors import ModelRefused

MAX_LAYERS = 64
MAX_UNITS = 8192
MAX_STEPS = 4096
_MAX_NODES = 50_000
_MAX_DEPTH = 24

LAYER_KINDS = frozenset(
    {"InputLayer", "LSTM", "Bidirectional", "Dense", "Dropout", "SpatialDropout1D", "GaussianNoise"}
    | {"BatchNormalization", "LayerNormalization", "Concatenate", "Add", "Activation", "ReLU", "Flatten"}
)
ACTIVATIONS = frozenset({"linear", "relu", "tanh", "sigmoid", "softplus", "elu", "swish", "silu"})
_INITIALIZERS = frozenset(
    {"Zeros", "Ones", "Constant", "Orthogonal", "GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal"}
    | {"LecunUniform", "LecunNormal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling"}
)
_OTHERS = frozenset({"DTypePolicy", "L1", "L2", "L1L2", "MaxNorm", "NonNeg", "UnitNorm", "__keras_tensor__"})
_MODELS = frozenset({"Sequential", "Functional", "Model"})
_CLASSES = LAYER_KINDS | _INITIALIZERS | _OTHERS | _MODELS
_MODULES = frozenset(
    {None, "keras", "keras.layers", "keras.initializers", "keras.regularizers", "keras.constraints", "keras.models"}
    | {"keras.src.models.sequential", "keras.src.models.functional"}
)
_FLOAT_TYPES = frozenset({"float32", "float64"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer: name, kind (one of ``LAYER_KINDS``), settings as in the file, names of the layers it reads."""

    name: str
    kind: str
    settings: Mapping[str, object]
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A network with one input and one output.

    Attributes:
        form: ``Sequential`` or ``Functional``.
        layers: In an order in which each one's inputs come before it; the first is the input.
        steps: Length of the input sequence.
        features: Columns of each step.
        output: Name of the layer whose result is the network's.
    """

    form: str
    layers: tuple[Layer, ...]
    steps: int
    features: int
    output: str

    def describe(self) -> str:
        """One line, for example ``Sequential: (24, 82) → LSTM(64) → Dense(1)``."""
        parts = [f"{layer.kind}({_units(layer)})" if _units(layer) else layer.kind for layer in self.layers[1:]]
        return f"{self.form}: ({self.steps}, {self.features}) → " + " → ".join(parts)


def parse_architecture(config: str, artefact: str) -> Architecture:
    """The architecture that a ``model_config`` describes.

    Args:
        config: JSON text.
        artefact: The file's name, for the message of a refusal.

    Raises:
        ModelRefused: Anything in it is not on the lists above, or it is not a network with one input
            (None, steps, features) and one output.
    """
    try:
        content = json.loads(config)
        _check_words(content)
        return _parse(content)
    except (ValueError, RecursionError, _Refused) as error:
        reason = str(error) if isinstance(error, _Refused) else "its model_config is not JSON"
        raise ModelRefused(artefact, reason) from error


class _Refused(Exception):
    pass


def _units(layer: Layer) -> object:
    inner = layer.settings.get("layer")
    if layer.kind == "Bidirectional" and isinstance(inner, dict):
        return f"{inner.get('class_name')} {_dict(inner, 'config').get('units')}"
    return layer.settings.get("units")


def _check_words(root: object) -> None:
    """Every class, module and activation anywhere in the description must be on its list."""
    for node in _dicts(root):
        name = node.get("class_name")
        if "class_name" in node and not _among(name, _CLASSES):
            raise _Refused(f"it holds {str(name)[:60]!r}, which is not a layer that can be loaded safely")
        if "class_name" in node and not _among(node.get("module"), _MODULES):
            raise _Refused(f"it asks for the module {str(node.get('module'))[:60]!r}; custom code is never loaded")
        if node.get("registered_name") not in (None, name):
            raise _Refused(f"it asks for the custom object {str(node.get('registered_name'))[:60]!r}")
        for key in ("activation", "recurrent_activation"):
            if key in node and not _among(node[key], ACTIVATIONS):
                raise _Refused(f"it uses the {key} {str(node[key])[:60]!r}, which is not on the list")
        if name == "DTypePolicy" and not _among(_dict(node, "config").get("name"), _FLOAT_TYPES):
            raise _Refused("it computes in a type other than float32 or float64")


def _among(word: object, words: frozenset[str] | frozenset[str | None]) -> bool:
    return (word is None or isinstance(word, str)) and word in words


def _dicts(root: object) -> Iterator[dict[str, object]]:
    waiting, count = [(root, 0)], 0
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if count > _MAX_NODES or depth > _MAX_DEPTH:
            raise _Refused("its description is larger than a network needs")
        if isinstance(node, dict):
            yield node
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        waiting += [(child, depth + 1) for child in children]


def _parse(content: object) -> Architecture:
    if not isinstance(content, dict) or not _among(content.get("class_name"), _MODELS):
        raise _Refused("it is not a Sequential or Functional network")
    config = content.get("config")
    listed = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(listed, list) or not 2 <= len(listed) <= MAX_LAYERS:
        raise _Refused(f"it must have 2 to {MAX_LAYERS} layers")
    sequential = content["class_name"] == "Sequential"
    layers = _chain(listed) if sequential else _graph(listed)
    steps, features = _input_shape(layers[0])
    output = layers[-1].name if sequential else _only_name(_dict(content, "config").get("output_layers"))
    if output not in {layer.name for layer in layers}:
        raise _Refused("its output is not one of its layers")
    form = "Sequential" if sequential else "Functional"
    return Architecture(form=form, layers=layers, steps=steps, features=features, output=output)


def _chain(listed: list[object]) -> tuple[Layer, ...]:
    layers: list[Layer] = []
    for entry in listed:
        layer = _layer(entry, (layers[-1].name,) if layers else ())
        if not layers and layer.kind != "InputLayer":
            # Keras 2 kept the input's shape in the first real layer.
            shape = {"batch_shape": layer.settings.get("batch_input_shape")}
            layers.append(Layer(name="__input__", kind="InputLayer", settings=shape, inputs=()))
            layer = _layer(entry, ("__input__",))
        layers.append(layer)
    return _checked_order(layers)


def _graph(listed: list[object]) -> tuple[Layer, ...]:
    return _checked_order([_layer(entry, tuple(_inbound(entry))) for entry in listed])


def _checked_order(layers: list[Layer]) -> tuple[Layer, ...]:
    known: set[str] = set()
    for layer in layers:
        if layer.name in known or any(name not in known for name in layer.inputs):
            raise _Refused(f"the layer {layer.name[:60]!r} comes twice or reads a layer that comes later")
        if bool(layer.inputs) == (layer.kind == "InputLayer") or (layer.kind == "InputLayer" and known):
            raise _Refused("it must have one input, and every other layer must read something")
        known.add(layer.name)
    return tuple(layers)


def _layer(entry: object, inputs: tuple[str, ...]) -> Layer:
    settings = _dict(entry, "config")
    kind, name = entry.get("class_name") if isinstance(entry, dict) else None, settings.get("name")
    if not isinstance(kind, str) or kind not in LAYER_KINDS or not isinstance(name, str) or not name:
        raise _Refused(f"it holds {str(kind)[:60]!r} where a layer with a name is expected")
    for owner in (settings, _dict(settings.get("layer"), "config")):
        units = owner.get("units", 1)
        if type(units) is not int or not 1 <= units <= MAX_UNITS:
            raise _Refused(f"the layer {name[:60]!r} must have 1 to {MAX_UNITS} units")
    return Layer(name=name, kind=kind, settings=settings, inputs=inputs)


def _inbound(entry: object) -> list[str]:
    """Names of the layers a functional layer reads; a layer used twice (shared) is refused."""
    nodes = entry.get("inbound_nodes") if isinstance(entry, dict) else None
    if not isinstance(nodes, list) or len(nodes) > 1:
        raise _Refused("a layer is used more than once")
    tensors = [node for node in _dicts(nodes) if node.get("class_name") == "__keras_tensor__"]
    names = [_only_name(_dict(tensor, "config").get("keras_history")) for tensor in tensors]
    return names[::-1]  # the walk takes the last child first


def _only_name(history: object) -> str:
    """``[name, 0, 0]``, or a list holding just that."""
    if isinstance(history, list) and len(history) == 1:
        history = history[0]
    if isinstance(history, list) and len(history) == 3 and isinstance(history[0], str) and history[1:] == [0, 0]:
        return history[0]
    raise _Refused("it must have one output, and its layers one result each")


def _input_shape(layer: Layer) -> tuple[int, int]:
    shape = layer.settings.get("batch_shape") or layer.settings.get("batch_input_shape")
    if isinstance(shape, list) and len(shape) == 3 and all(type(size) is int for size in shape[1:]):
        steps, features = shape[1:]
        if 1 <= steps <= MAX_STEPS and 1 <= features <= MAX_UNITS:
            return steps, features
    raise _Refused(f"its input must be (any, steps, features), it is {str(shape)[:60]}")


def _dict(owner: object, key: str) -> dict[str, object]:
    value = owner.get(key) if isinstance(owner, dict) else None
    return value if isinstance(value, dict) else {}
