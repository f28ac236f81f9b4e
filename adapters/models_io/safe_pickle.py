"""A reader for metadata pickles that cannot run anything.

``pickle.Unpickler`` with an allow-list still lets a file call what is on the list with arguments of its choosing, set
attributes of the classes there, and build structures that take hours to walk. This reader interprets the few opcodes
a metadata file needs by itself: globals are names, calls are checked patterns, and the result is copied into plain
Python and NumPy values under a bound on its expanded size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from adapters.models_io.pickle_plain import PlainCopy
from adapters.models_io.pickle_scan import PUSH_ARGUMENT, PickleLimits, PickleRefused, opcodes, scan
from adapters.models_io.pickle_values import (
    Budget,
    build,
    call,
    find_global,
    instantiate,
)
from adapters.models_io.scalers import ScalerRefused
from domain.errors import ModelRefused

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_KEY_LIMIT = 2**53


def read_pickle(data: bytes, artefact: str, limits: PickleLimits | None = None) -> object:
    """Plain Python and NumPy values of a pickle, scalers as ``AffineScaler``.

    Args:
        data: The whole file.
        artefact: Its name, for the message of a refusal.
        limits: What it may ask for.

    Raises:
        ModelRefused: Anything else than numbers, text, lists, tuples, dicts, NumPy arrays and scalers is in it, it
            is damaged, or it is larger than it may be. Nothing in the file has been run.
    """
    limits = limits or PickleLimits()
    try:
        scan(data, limits)
        return PlainCopy(limits).convert(_Machine(limits).run(data))
    except (PickleRefused, ScalerRefused) as error:
        raise ModelRefused(artefact, str(error)) from error


class _Machine:
    """The stack machine of the pickle format, reduced to values that cannot act."""

    def __init__(self, limits: PickleLimits) -> None:
        self._limits = limits
        self._budget = Budget(limits.payload_bytes)
        self._stack: list[object] = []
        self._outer: list[list[object]] = []
        self._memo: dict[int, object] = {}
        self._steps: dict[str, Callable[[object], None]] = {
            "MARK": self._mark,
            "BYTEARRAY8": lambda argument: self._push(bytes(_bytes_of(argument))),
            "EMPTY_LIST": lambda _: self._push([]),
            "EMPTY_DICT": lambda _: self._push({}),
            "TUPLE": lambda _: self._push(tuple(self._to_mark())),
            "APPEND": lambda _: self._extend([self._pop()]),
            "APPENDS": lambda _: self._extend(self._to_mark()),
            "SETITEM": lambda _: self._set_items([*reversed([self._pop(), self._pop()])]),
            "SETITEMS": lambda _: self._set_items(self._to_mark()),
            "MEMOIZE": lambda _: self._remember(len(self._memo)),
            "BINPUT": self._remember,
            "LONG_BINPUT": self._remember,
            "BINGET": self._recall,
            "LONG_BINGET": self._recall,
            "GLOBAL": lambda argument: self._global(*str(argument).partition(" ")[::2]),
            "STACK_GLOBAL": lambda _: self._global(*reversed([self._pop(), self._pop()])),
            "REDUCE": self._reduce,
            "NEWOBJ": self._newobj,
            "BUILD": self._build,
        }

    def run(self, data: bytes) -> object:
        """The value the pickle leaves, stand-ins and all."""
        for name, argument in opcodes(data):
            if name == "STOP":
                break
            if name in PUSH_ARGUMENT:
                self._stack.append(argument)
            elif name in _CONSTANTS:
                self._stack.append(_CONSTANTS[name])
            elif name in _TUPLES:
                items = [self._pop() for _ in range(_TUPLES[name])]
                self._stack.append(tuple(reversed(items)))
            elif name in self._steps:
                self._steps[name](argument)
        if len(self._stack) != 1 or self._outer:
            self._broken()
        return self._stack[0]

    def _broken(self) -> NoReturn:
        raise PickleRefused("its instructions do not fit together; it may have been altered")

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _pop(self) -> object:
        return self._stack.pop() if self._stack else self._broken()

    def _top(self) -> object:
        return self._stack[-1] if self._stack else self._broken()

    def _mark(self, _: object) -> None:
        if len(self._outer) >= self._limits.marks:
            raise PickleRefused("it is nested deeper than a metadata file may be")
        self._outer.append(self._stack)
        self._stack = []

    def _to_mark(self) -> list[object]:
        if not self._outer:
            self._broken()
        items, self._stack = self._stack, self._outer.pop()
        return items

    def _extend(self, items: list[object]) -> None:
        target = self._top()
        if type(target) is not list:
            raise PickleRefused("it appends to something that is not a list")
        target.extend(items)

    def _set_items(self, items: list[object]) -> None:
        target, keys = self._top(), items[::2]
        if type(target) is not dict or len(items) % 2 or not all(_is_key(key) for key in keys):
            raise PickleRefused("it fills something that is not a dict, or uses a key that is not text or a number")
        target.update(zip(keys, items[1::2], strict=True))

    def _remember(self, index: object) -> None:
        self._memo[_index(index)] = self._top()

    def _recall(self, index: object) -> None:
        if _index(index) not in self._memo:
            self._broken()
        self._stack.append(self._memo[_index(index)])

    def _global(self, module: object, name: object) -> None:
        if type(module) is not str or type(name) is not str:
            self._broken()
        self._stack.append(find_global(module, name))

    def _reduce(self, _: object) -> None:
        arguments, function = self._pop(), self._pop()
        self._stack.append(call(function, arguments, self._budget))

    def _newobj(self, _: object) -> None:
        arguments, cls = self._pop(), self._pop()
        self._stack.append(instantiate(cls, arguments))

    def _build(self, _: object) -> None:
        state = self._pop()
        build(self._top(), state, self._budget)


def _is_key(value: object) -> bool:
    """Whether a value may be hashed: nested tuples take exponential time, chosen large integers all collide."""
    return type(value) in (str, float, bool) or (type(value) is int and abs(value) < _KEY_LIMIT)


def _index(value: object) -> int:
    if type(value) is not int:
        raise PickleRefused("it remembers a value without a number")
    return value


def _bytes_of(value: object) -> bytes | bytearray:
    if not isinstance(value, (bytes, bytearray)):
        raise PickleRefused("it declares bytes that are not there")
    return value
