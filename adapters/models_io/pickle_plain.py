"""The result of reading a pickle, copied into plain values under a bound on its expanded size."""

from __future__ import annotations

import numpy as np

from adapters.models_io.pickle_scan import PickleLimits, PickleRefused
from adapters.models_io.pickle_values import PendingArray, PendingScaler
from adapters.models_io.scalers import scaler_from_attributes

_LEAF_TYPES = (bool, float, type(None), np.generic)
_INTEGER_LIMIT = 2**63
_BYTES_PER_NODE = 64


class PlainCopy:
    """Copies the machine's result into plain values, each shared part once, under a bound on the expanded size.

    A structure of a few hundred bytes can hold 2**40 paths by sharing; whoever walks it later would never return.
    """

    def __init__(self, limits: PickleLimits) -> None:
        self._limits = limits
        self._done: dict[int, tuple[object, int]] = {}
        self._open: set[int] = set()
        self._scalers = 0

    def convert(self, root: object) -> object:
        """The plain copy of ``root``."""
        return self._visit(root, 0)[0]

    def _visit(self, value: object, depth: int) -> tuple[object, int]:
        if isinstance(value, _LEAF_TYPES):
            return value, 1
        if type(value) is int:
            return self._integer(value), 1
        if isinstance(value, (str, bytes)):
            return value, 1 + len(value) // _BYTES_PER_NODE
        key = id(value)
        if key in self._done:
            return self._done[key]
        if key in self._open:
            raise PickleRefused("it contains itself")
        if depth > self._limits.depth:
            raise PickleRefused("it is nested deeper than a metadata file may be")
        self._open.add(key)
        plain, weight = self._container(value, depth + 1)
        self._open.discard(key)
        if weight > self._limits.expanded_nodes:
            raise PickleRefused("it unfolds to more values than a metadata file may hold")
        self._done[key] = (plain, weight)
        return plain, weight

    def _integer(self, value: int) -> int:
        if abs(value) >= _INTEGER_LIMIT:
            raise PickleRefused("it holds an integer of more than 64 bits")
        return value

    def _container(self, value: object, depth: int) -> tuple[object, int]:
        if isinstance(value, PendingArray):
            return self._array(value)
        if isinstance(value, PendingScaler):
            return self._scaler(value, depth)
        if type(value) is dict:
            return self._items(value, depth)
        if type(value) is list or type(value) is tuple:
            visited = [self._visit(item, depth) for item in value]
            plain = [item for item, _ in visited]
            return (plain if type(value) is list else tuple(plain)), 1 + sum(weight for _, weight in visited)
        raise PickleRefused(f"it holds a bare {type(value).__name__}, which is not data")

    def _array(self, value: PendingArray) -> tuple[object, int]:
        if isinstance(value.value, list):
            return value.value, 1 + len(value.value)
        if value.value is None:
            raise PickleRefused("it holds an array without content")
        return value.value, 1 + value.value.nbytes // _BYTES_PER_NODE

    def _scaler(self, value: PendingScaler, depth: int) -> tuple[object, int]:
        self._scalers += 1
        if self._scalers > self._limits.scalers:
            raise PickleRefused(f"it holds more than {self._limits.scalers} scalers")
        attributes = {}
        for name, content in (value.attributes or {}).items():
            attributes[name] = self._visit(content, depth)
        scaler = scaler_from_attributes(value.kind, {name: plain for name, (plain, _) in attributes.items()})
        return scaler, 1 + sum(weight for _, weight in attributes.values())

    def _items(self, value: dict[object, object], depth: int) -> tuple[dict[object, object], int]:
        visited = {key: self._visit(item, depth) for key, item in value.items()}
        weight = 1 + sum(weight for _, weight in visited.values())
        return {key: item for key, (item, _) in visited.items()}, weight
