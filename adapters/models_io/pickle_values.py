"""What the globals of a metadata pickle stand for here: inert values that only this module can build.

Nothing of NumPy or scikit-learn is called with arguments of the file's choosing: ``_reconstruct``, ``dtype`` and the
rest are names of small checked functions below. An array comes into being only when its shape, its type and the
number of its bytes agree.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from adapters.models_io.pickle_scan import PickleRefused
from adapters.models_io.scalers import SCALER_KINDS

MAX_DIMENSIONS = 4
_TEXT_OVERHEAD = 64  # bytes of a Python string beside its characters
MAX_ATTRIBUTES = 64  # a scaler has about a dozen; the bound keeps checks of a shared dict cheap
_NUMERIC = re.compile(r"[<>=|]?(?:b1|[iu][1248]|f[248])")
_TEXT = re.compile(r"[<>=|]?U(\d{1,4})")
_OBJECT = re.compile(r"\|?O8?")
_PLAIN_DTYPE_STATE = (None, None, None)


class Known(Enum):
    """The only globals a metadata pickle may name."""

    RECONSTRUCT = "numpy _reconstruct"
    SCALAR = "numpy scalar"
    FROMBUFFER = "numpy _frombuffer"
    NDARRAY = "numpy ndarray"
    DTYPE = "numpy dtype"
    ENCODE = "_codecs encode"
    ORDERED_DICT = "collections OrderedDict"
    EMPTY_BYTES = "bytes"  # how protocol 2 writes the content of an empty array


@dataclass(frozen=True, slots=True)
class ScalerClass:
    """A scaler class, by name only."""

    kind: str


@dataclass(slots=True, eq=False)
class PendingScaler:
    """A scaler whose attributes arrive with BUILD."""

    kind: str
    attributes: dict[str, object] | None = None


@dataclass(slots=True, eq=False)
class PendingDtype:
    """A dtype whose byte order arrives with BUILD."""

    code: str
    order: str | None = None


@dataclass(slots=True, eq=False)
class PendingArray:
    """An array whose content arrives with BUILD."""

    value: NDArray[np.generic] | list[str] | None = None


@dataclass(slots=True)
class Budget:
    """Bytes that may still be derived from the file's own."""

    left: int

    def take(self, amount: int) -> None:
        """Spend ``amount`` bytes or refuse."""
        self.left -= amount
        if self.left < 0:
            raise PickleRefused("its arrays and strings together are larger than a metadata file may hold")


_SKLEARN_MODULES = ("sklearn.preprocessing._data", "sklearn.preprocessing.data", "sklearn.preprocessing")
_GLOBALS: dict[tuple[str, str], Known] = {
    ("numpy", "ndarray"): Known.NDARRAY,
    ("numpy", "dtype"): Known.DTYPE,
    ("_codecs", "encode"): Known.ENCODE,
    ("collections", "OrderedDict"): Known.ORDERED_DICT,
    ("__builtin__", "bytes"): Known.EMPTY_BYTES,
}
for _core in ("numpy.core", "numpy._core"):  # NumPy 1 and NumPy 2
    _GLOBALS[f"{_core}.multiarray", "_reconstruct"] = Known.RECONSTRUCT
    _GLOBALS[f"{_core}.multiarray", "scalar"] = Known.SCALAR
    _GLOBALS[f"{_core}.numeric", "_frombuffer"] = Known.FROMBUFFER


def find_global(module: str, name: str) -> Known | ScalerClass:
    """The stand-in for a global; nothing is ever imported.

    Raises:
        PickleRefused: Any global outside the list.
    """
    if module in _SKLEARN_MODULES and name in SCALER_KINDS:
        return ScalerClass(name)
    known = _GLOBALS.get((module, name))
    if known is None:
        raise PickleRefused(f"it asks for {f'{module}.{name}'[:120]!r}, which this reader never provides")
    return known


def call(function: object, arguments: object, budget: Budget) -> object:
    """What REDUCE of a known global means.

    Raises:
        PickleRefused: The global cannot be called, or not with these arguments.
    """
    result: object
    match function, arguments:
        case Known.RECONSTRUCT, (Known.NDARRAY, (0,), b"b"):
            result = PendingArray()
        case Known.DTYPE, (str(code), bool() | 0 | 1, bool() | 0 | 1):
            result = _dtype(code)
        case Known.SCALAR, (PendingDtype() as dtype, bytes(raw)):
            result = _scalar(dtype, raw, budget)
        case Known.FROMBUFFER, (bytes(raw), PendingDtype() as dtype, tuple(shape), "C" | "F" as order):
            result = PendingArray(_array(shape, dtype, order == "F", raw, budget))
        case Known.ENCODE, (str(text), "latin1" | "latin-1"):
            result = _encode(text, budget)
        case Known.ORDERED_DICT, ():
            result = {}
        case Known.EMPTY_BYTES, ():
            result = b""
        case _:
            label = function.value if isinstance(function, Known) else type(function).__name__
            raise PickleRefused(f"it calls {label} in a way that no NumPy array or scaler needs")
    return result


def instantiate(cls: object, arguments: object) -> PendingScaler:
    """What NEWOBJ means: only a scaler, only without arguments."""
    if isinstance(cls, ScalerClass) and arguments == ():
        return PendingScaler(cls.kind)
    raise PickleRefused("it creates an object other than a scaler")


def build(target: object, state: object, budget: Budget) -> None:
    """What BUILD means: the state of a dtype, an array or a scaler, each given once.

    Raises:
        PickleRefused: Any other target, a second state, or a state of the wrong form.
    """
    match target, state:
        case PendingDtype(order=None), (3 | 4, "<" | ">" | "=" | "|" as order, a, b, c, int(), int(), int(), *more):
            if (a, b, c) != _PLAIN_DTYPE_STATE or more not in ([], [None]):
                raise PickleRefused("it holds an array of records or sub-arrays")
            target.order = order
        case PendingArray(value=None), (1, tuple(shape), PendingDtype() as dtype, bool() | 0 | 1 as fortran, content):
            target.value = _array(shape, dtype, bool(fortran), content, budget)
        case PendingScaler(attributes=None), dict() if _are_attributes(state):
            target.attributes = state
        case _:
            raise PickleRefused("it sets the inner state of something that is not an array, a dtype or a scaler")


def _are_attributes(state: dict[object, object]) -> bool:
    return len(state) <= MAX_ATTRIBUTES and all(type(key) is str for key in state)


def _dtype(code: str) -> PendingDtype:
    if not (_NUMERIC.fullmatch(code) or _TEXT.fullmatch(code) or _OBJECT.fullmatch(code)):
        raise PickleRefused(f"it holds an array of type {code[:20]!r}; numbers and text are allowed")
    return PendingDtype(code)


def _encode(text: str, budget: Budget) -> bytes:
    budget.take(len(text))
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise PickleRefused("it holds bytes written as text that is not Latin-1") from error


def _array(
    shape: tuple[object, ...], dtype: PendingDtype, fortran: bool, content: object, budget: Budget
) -> NDArray[np.generic] | list[str]:
    sizes = [size for size in shape[: MAX_DIMENSIONS + 1] if type(size) is int and 0 <= size <= budget.left]
    if len(sizes) != len(shape) or len(sizes) > MAX_DIMENSIONS:
        raise PickleRefused("it declares an array whose shape is too large")
    items = math.prod(sizes)
    if _OBJECT.fullmatch(dtype.code):
        return _names(content, items, len(sizes), budget)
    if type(content) is not bytes:
        raise PickleRefused("it holds an array without bytes")
    if _TEXT.fullmatch(dtype.code):
        return _texts(dtype, content, items, len(sizes), budget)
    numpy_dtype = _numpy_dtype(dtype)
    if items * numpy_dtype.itemsize != len(content):
        raise PickleRefused(f"it declares an array of {items} values but holds {len(content)} bytes of it")
    budget.take(len(content))
    flat = np.frombuffer(content, dtype=numpy_dtype) if items else np.empty(0, dtype=numpy_dtype)
    native = flat.astype(numpy_dtype.newbyteorder("="))
    return native.reshape(sizes, order="F" if fortran else "C")


def _names(content: object, items: int, dimensions: int, budget: Budget) -> list[str]:
    """An object array is accepted only as what scikit-learn keeps the column names in: a flat list of text."""
    budget.take(8 * items)
    if type(content) is list and dimensions == 1 and len(content) == items and all(type(x) is str for x in content):
        return list(content)
    raise PickleRefused("it holds an array of objects; only numbers and text are allowed")


def _numpy_dtype(dtype: PendingDtype) -> np.dtype[np.generic]:
    code = dtype.code.lstrip("<>=|")
    if dtype.order is None and not code.endswith("1"):
        raise PickleRefused("it uses a dtype before its byte order is known")
    return np.dtype(f">{code}" if dtype.order == ">" else f"<{code}" if dtype.order == "<" else code)


def _texts(dtype: PendingDtype, content: bytes, items: int, dimensions: int, budget: Budget) -> list[str]:
    width = 4 * int(dtype.code.lstrip("<>=|U"))
    if dimensions != 1 or not width or items * width != len(content):
        raise PickleRefused("it declares an array of text that does not match its bytes")
    budget.take(len(content) + _TEXT_OVERHEAD * items)
    codec = "utf-32-be" if dtype.order == ">" else "utf-32-le"
    try:
        return [content[i * width : (i + 1) * width].decode(codec).rstrip("\0") for i in range(items)]
    except UnicodeDecodeError as error:
        raise PickleRefused("it holds text that is not Unicode") from error


def _scalar(dtype: PendingDtype, raw: bytes, budget: Budget) -> object:
    if _OBJECT.fullmatch(dtype.code):
        raise PickleRefused("it holds a scalar of type object")
    value = _array((1,), dtype, False, raw, budget)
    return value[0]
