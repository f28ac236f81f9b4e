"""Writes the trained network as ONNX, from its weights, operation by operation.

Inside, time comes first: ONNX's LSTM wants (steps, batch, features), so there is one transposition at each end.
Dropout does nothing when a model answers and is left out.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from adapters.training.network import DENSE, FIRST, HEAD, SECOND, NetworkShape

OPSET: Final = 17
IR_VERSION: Final = 8
INPUT_NAME: Final = "window"
OUTPUT_NAME: Final = "raw_quantiles"
Singles = NDArray[np.float32]


def to_onnx(model: Any, shape: NetworkShape) -> bytes:
    """The model as ONNX: ``window`` (batch, steps, features) → ``raw_quantiles`` (batch, steps, levels).

    Args:
        model: What ``build_network(shape)`` gave, trained.
        shape: Its shape.
    """
    import onnx
    from onnx import TensorProto, helper

    graph = _GraphParts(helper)
    levels = _add_layers(graph, model, shape)
    made = helper.make_graph(
        graph.nodes,
        "quantile_lstm",
        [helper.make_tensor_value_info(INPUT_NAME, TensorProto.FLOAT, ["batch", shape.steps, shape.features])],
        [helper.make_tensor_value_info(OUTPUT_NAME, TensorProto.FLOAT, ["batch", shape.steps, levels])],
        graph.constants,
    )
    proto = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="mcp-core")
    proto.ir_version = IR_VERSION
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString(deterministic=True))


class _GraphParts:
    """Nodes and constants of a graph under construction."""

    def __init__(self, helper: Any) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._helper = helper

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(self._helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name


def _add_layers(graph: _GraphParts, model: Any, shape: NetworkShape) -> int:
    """Add all nodes; returns the number of levels."""
    first, second, dense, head = (model.get_layer(name).get_weights() for name in (FIRST, SECOND, DENSE, HEAD))
    steps_first = graph.node("Transpose", [INPUT_NAME], "steps_first", perm=[1, 0, 2])
    hidden = _lstm(graph, FIRST, steps_first, [first[:3], first[3:]], shape.units)
    hidden = _lstm(graph, SECOND, hidden, [second], shape.second_units)
    hidden = graph.node("Concat", [hidden, steps_first], f"{DENSE}_inputs", axis=2)
    hidden = _dense(graph, DENSE, hidden, dense)
    hidden = graph.node("Relu", [hidden], f"{DENSE}_relu")
    hidden = _dense(graph, "head", hidden, head)
    graph.node("Transpose", [hidden], OUTPUT_NAME, perm=[1, 0, 2])
    return int(head[1].size)


def _dense(graph: _GraphParts, name: str, source: str, weights: list[Singles]) -> str:
    product = graph.node("MatMul", [source, graph.constant(f"{name}_kernel", weights[0])], f"{name}_product")
    return graph.node("Add", [product, graph.constant(f"{name}_bias", weights[1])], f"{name}_sum")


def _lstm(graph: _GraphParts, name: str, source: str, directions: list[list[Singles]], units: int) -> str:
    """(steps, batch, x) → (steps, batch, directions × units)."""
    kernel = graph.constant(f"{name}_w", np.stack([_gates(d[0].T, units) for d in directions]))
    recurrent = graph.constant(f"{name}_r", np.stack([_gates(d[1].T, units) for d in directions]))
    biases = [np.concatenate([_gates(d[2], units), np.zeros(4 * units, np.float32)]) for d in directions]
    bias = graph.constant(f"{name}_b", np.stack(biases))
    way = "bidirectional" if len(directions) == 2 else "forward"
    raw = graph.node("LSTM", [source, kernel, recurrent, bias], f"{name}_raw", hidden_size=units, direction=way)
    # (steps, directions, batch, units) → (steps, batch, directions × units)
    turned = graph.node("Transpose", [raw], f"{name}_turned", perm=[0, 2, 1, 3])
    size = graph.constant(f"{name}_size", np.array([0, 0, len(directions) * units], dtype=np.int64))
    return graph.node("Reshape", [turned, size], f"{name}_joined")


def _gates(rows: Singles, units: int) -> Singles:
    """Keras keeps the gates as input, forget, cell, output; ONNX as input, output, forget, cell."""
    i, f, c, o = (rows[k * units : (k + 1) * units] for k in range(4))
    return np.concatenate([i, o, f, c]).astype(np.float32)
