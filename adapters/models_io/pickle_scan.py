"""First look at a pickle: its opcodes are counted and judged before a single value is built.

A pickle is a program. Ordinary NumPy arrays, scalers and plain containers need only a small part of its instruction
set; whatever lies outside it (extension registry, persistent ids, class instantiation by name, text opcodes of
protocols 0 and 1) has no place in a metadata file.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from dataclasses import dataclass

MIN_PROTOCOL, MAX_PROTOCOL = 2, 5

PUSH_ARGUMENT = frozenset(
    {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
    | {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8"}
)
_STORE = frozenset({"MEMOIZE", "BINPUT", "LONG_BINPUT"})
ALLOWED_OPCODES = (
    PUSH_ARGUMENT
    | _STORE
    | {"PROTO", "FRAME", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE", "BYTEARRAY8"}
    | {"EMPTY_LIST", "EMPTY_TUPLE", "EMPTY_DICT", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}
    | {"APPEND", "APPENDS", "SETITEM", "SETITEMS", "BINGET", "LONG_BINGET"}
    | {"GLOBAL", "STACK_GLOBAL", "REDUCE", "NEWOBJ", "BUILD"}
)


class PickleRefused(Exception):
    """Why a pickle is refused; the caller adds the file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickleLimits:
    """How much a pickle may ask for. The defaults leave a metadata file a hundredfold margin.

    Attributes:
        file_bytes: Size of the file.
        opcodes: Instructions in it.
        memo: Values it remembers for later use.
        marks: Open marks at any point.
        payload_bytes: Sum of all strings and byte strings it declares or derives, and of all arrays.
        depth: Nesting of containers.
        expanded_nodes: Values in the result when every shared part is counted each time it is reached; 64 bytes of
            text or array count as one more.
        scalers: Scalers in it.
    """

    file_bytes: int = 16 * 2**20
    opcodes: int = 500_000
    memo: int = 200_000
    marks: int = 64
    payload_bytes: int = 32 * 2**20
    depth: int = 32
    expanded_nodes: int = 1_000_000
    scalers: int = 16


def opcodes(data: bytes) -> Iterator[tuple[str, object]]:
    """Each opcode's name and argument.

    Raises:
        PickleRefused: The bytes are not a whole pickle of protocol 2 to 5.
    """
    end = 0
    try:
        for opcode, argument, position in pickletools.genops(data):
            end = 0 if position is None else position
            yield opcode.name, argument
    except (ValueError, OverflowError) as error:
        raise PickleRefused("it is not a whole pickle; it may have been cut or altered") from error
    if end + 1 != len(data):
        raise PickleRefused(f"{len(data) - end - 1} bytes follow the end of the pickle")


def scan(data: bytes, limits: PickleLimits) -> None:
    """Judge the opcodes alone, in one pass, building nothing.

    Raises:
        PickleRefused: A limit is exceeded, or an opcode is not one that a metadata file needs.
    """
    if len(data) > limits.file_bytes:
        raise PickleRefused(f"it has {len(data)} bytes, {limits.file_bytes} are allowed")
    memo = payload = 0
    for index, (name, argument) in enumerate(opcodes(data)):
        if index == 0 and (name != "PROTO" or not _known_protocol(argument)):
            raise PickleRefused(f"it must start as a pickle of protocol {MIN_PROTOCOL} to {MAX_PROTOCOL}")
        if name not in ALLOWED_OPCODES:
            raise PickleRefused(f"it uses the pickle instruction {name}, which a metadata file never needs")
        memo += name in _STORE
        payload += len(argument) if isinstance(argument, (str, bytes, bytearray)) else 0
        if index >= limits.opcodes or memo > limits.memo or payload > limits.payload_bytes:
            raise PickleRefused("it holds more values than a metadata file may")


def _known_protocol(argument: object) -> bool:
    return isinstance(argument, int) and MIN_PROTOCOL <= argument <= MAX_PROTOCOL
