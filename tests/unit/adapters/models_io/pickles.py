"""Hostile pickles. Each would create a file (the canary) if any part of it were ever carried out."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from pathlib import Path


def text(value: str) -> bytes:
    """SHORT_BINUNICODE or BINUNICODE."""
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def program(*parts: bytes, protocol: int = 4) -> bytes:
    """PROTO, the parts, STOP."""
    return b"\x80" + bytes([protocol]) + b"".join(parts) + b"."


def name(module: str, attribute: str) -> bytes:
    """STACK_GLOBAL."""
    return text(module) + text(attribute) + b"\x93"


def call(module: str, attribute: str, *arguments: bytes) -> bytes:
    """The global, called with the arguments."""
    return name(module, attribute) + b"(" + b"".join(arguments) + b"tR"


class _Calls:
    """Pickles to a call of ``function`` with ``arguments``."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._call


_ARRAY = call("numpy._core.multiarray", "_reconstruct", name("numpy", "ndarray"), b"K\x00\x85", b"C\x01b")
_MINUS_ONE = b"J\xff\xff\xff\xff"
_F8_STATE = b"(K\x03" + text("<") + b"NNN" + 2 * _MINUS_ONE + b"K\x00t"
_FLOAT64 = call("numpy", "dtype", text("f8"), b"\x89", b"\x88") + _F8_STATE + b"b"
_OBJECT = (
    call("numpy", "dtype", text("O8"), b"\x89", b"\x88") + b"(K\x03" + text("|") + b"NNN" + 2 * _MINUS_ONE + b"K?tb"
)
_SCALE_OF_ONE = (
    b"}" + text("scale_") + _ARRAY + b"(K\x01K\x01\x85" + _FLOAT64 + b"\x89C\x08" + struct.pack("<d", 1.0) + b"tbs"
)


def gadgets(canary: Path) -> dict[str, bytes]:
    """Name → pickle; every one of them runs something under a plain ``pickle.loads`` or with a lax allow-list."""
    import importlib
    import subprocess

    shell = f"touch {canary}"
    code = f"open({str(canary)!r}, 'w').close()"
    touch = text(shell)
    evil_bytes = pickle.dumps(_Calls(eval, code))
    object_array = (
        call("numpy.core.multiarray", "_reconstruct", name("numpy", "ndarray"), b"K\x00\x85", b"C\x01b")
        + b"(K\x01K\x01\x85"
        + call("numpy", "dtype", text("O8"), b"\x89", b"\x88")
        + b"(K\x03"
        + text("|")
        + b"NNN"
        + 2 * _MINUS_ONE
        + b"K?tb\x89]"
        + call("posix", "system", touch)
        + b"atb"
    )
    return {
        "os.system": program(call("os", "system", touch)),
        "posix.system": program(call("posix", "system", touch)),
        "nt.system": program(call("nt", "system", touch)),
        "subprocess": pickle.dumps(_Calls(subprocess.Popen, ["touch", str(canary)])),
        "eval": pickle.dumps(_Calls(eval, code)),
        "exec": pickle.dumps(_Calls(exec, code)),
        "exec protocol 2": program(b"cbuiltins\nexec\n", text(code), b"\x85R", protocol=2),
        "getattr": program(call("builtins", "getattr", call("builtins", "__import__", text("os")), text("system"))),
        "__import__": program(call("builtins", "__import__", text("antigravity"))),
        "importlib": pickle.dumps(_Calls(importlib.import_module, "antigravity")),
        "operator.methodcaller": program(call("operator", "methodcaller", text("system"), touch)),
        "operator.attrgetter": program(call("operator", "attrgetter", text("system"))),
        "functools.partial": program(call("functools", "partial", name("os", "system"), touch) + b")R"),
        "functools.reduce": program(call("functools", "reduce", name("os", "system"), b"]" + touch + b"a")),
        "builtins.map": program(call("builtins", "map", name("os", "system"), b"]" + touch + b"a")),
        "types.FunctionType": program(call("types", "FunctionType", b"N", b"}")),
        "types.CodeType": program(call("types", "CodeType", b"K\x00")),
        "marshal.loads": program(call("marshal", "loads", b"C\x01N")),
        "copyreg._reconstructor": program(
            call("copyreg", "_reconstructor", name("subprocess", "Popen"), name("builtins", "object"), b"N")
        ),
        "codecs.decode": program(call("_codecs", "decode", b"C\x01x", text("unicode_escape"))),
        "codecs.lookup": program(call("codecs", "lookup", text("rot13"))),
        "numpy.load": program(call("numpy", "load", text(str(canary)))),
        "numpy runstring": program(call("numpy.testing._private.utils", "runstring", text(code), b"}")),
        "numpy f2py": program(call("numpy.f2py.diagnose", "run_command", touch)),
        "numpy pickle inside": program(call("numpy", "loads", b"C" + bytes([len(evil_bytes)]) + evil_bytes)),
        "object array": program(object_array),
        "pickle.loads": program(call("pickle", "loads", b"C" + bytes([len(evil_bytes)]) + evil_bytes)),
        "joblib": program(call("joblib.numpy_pickle", "load", text(str(canary)))),
        "sklearn gadget": program(call("sklearn.utils._testing", "raises", touch)),
        "webbrowser": program(call("webbrowser", "open", text("file:///"))),
        "pathlib": program(call("pathlib", "PosixPath.touch", call("pathlib", "PosixPath", text(str(canary))))),
        "dotted numpy": program(call("numpy", "f2py.os.system", touch)),
        "shutil": program(call("shutil", "copy", text("/etc/hostname"), text(str(canary)))),
        "ctypes": program(call("ctypes", "CDLL", text("libc.so.6"))),
        "runpy": program(call("runpy", "run_path", text(str(canary)))),
        "asyncio": program(call("asyncio.unix_events", "_UnixSubprocessTransport._start", touch)),
        "extension registry": program(b"\x82\x01"),
        "extension registry, 4 bytes": program(b"\x84\x01\x00\x00\x00"),
        "persistent id": program(text("x") + b"Q"),
        "persistent id, text": program(b"Px\n"),
        "INST": program(b"(" + touch + b"ios\nsystem\n", protocol=2),
        "OBJ": program(b"(cos\nsystem\n" + touch + b"o", protocol=2),
        "NEWOBJ of a class": program(name("subprocess", "Popen") + b"]" + touch + b"a\x85\x81"),
        "NEWOBJ_EX": program(name("subprocess", "Popen") + b")}\x92"),
        "protocol 0": b"cos\nsystem\n(S'" + shell.encode() + b"'\ntR.",
        "no PROTO": call("os", "system", touch) + b".",
    }


def tricks() -> dict[str, bytes]:
    """Abuse of what is on the list: right names, wrong use."""
    scaler = name("sklearn.preprocessing._data", "RobustScaler")
    array = _ARRAY
    f8 = _FLOAT64
    huge = b"\x8a\x08" + struct.pack("<q", 2**50)
    eight = b"C\x08" + bytes(8)
    return {
        "BUILD on a class": program(scaler + b"}" + text("transform") + name("numpy", "ndarray") + b"sb"),
        "BUILD on a global function": program(name("_codecs", "encode") + b"}" + text("__code__") + b"Nsb"),
        "BUILD on a list": program(b"]}b"),
        "BUILD twice": program(scaler + b")\x81}b}b"),
        "BUILD with slots": program(scaler + b")\x81N}\x86b"),
        "BUILD with keys that are numbers": program(scaler + b")\x81}K\x01K\x01sb"),
        "BUILD of a scaler twice": program(scaler + b")\x81" + _SCALE_OF_ONE + b"b" + _SCALE_OF_ONE + b"b"),
        "BUILD of a dtype twice": program(array + b"(K\x01K\x01\x85" + f8 + _F8_STATE + b"b\x89" + eight + b"tb"),
        "call of a scaler class": program(scaler + b")R"),
        "scaler with arguments": program(scaler + b"K\x01\x85\x81"),
        "call of ndarray": program(call("numpy", "ndarray", huge + b"\x85")),
        "reconstruct of another class": program(
            call("numpy._core.multiarray", "_reconstruct", scaler, b"K\x00\x85", b"C\x01b")
        ),
        "reconstruct with a shape": program(
            call("numpy._core.multiarray", "_reconstruct", name("numpy", "ndarray"), huge + b"\x85", b"C\x01b")
        ),
        "array of 2**50 values": program(array + b"(K\x01" + huge + b"\x85" + f8 + b"\x89" + eight + b"tb"),
        "array of negative size": program(array + b"(K\x01J\xff\xff\xff\xff\x85" + f8 + b"\x89" + eight + b"tb"),
        "array with zero and 2**50": program(array + b"(K\x01" + huge + b"K\x00\x86" + f8 + b"\x89C\x00tb"),
        "array shorter than its shape": program(array + b"(K\x01K\x02\x85" + f8 + b"\x89" + eight + b"tb"),
        "array of 5 axes": program(array + b"(K\x01(" + b"K\x01" * 5 + b"t" + f8 + b"\x89" + eight + b"tb"),
        "array of 9 axes": program(array + b"(K\x01(" + b"K\x01" * 9 + b"t" + f8 + b"\x89" + eight + b"tb"),
        "array without content": program(array),
        "array whose content is itself": program(array + b"\x94(K\x01K\x01\x85" + f8 + b"\x89h\x00tb"),
        "dtype of records": program(call("numpy", "dtype", text("V16"), b"\x89", b"\x88")),
        "dtype by name": program(call("numpy", "dtype", text("object_"), b"\x89", b"\x88")),
        "dtype of a list": program(call("numpy", "dtype", b"]", b"\x89", b"\x88")),
        "array of records": program(
            array
            + b"(K\x01K\x01\x85"
            + call("numpy", "dtype", text("f8"), b"\x89", b"\x88")
            + b"(K\x03"
            + text("<")
            + b"N)}K\x08K\x01K\x00tb\x89"
            + eight
            + b"tb"
        ),
        "array of objects that are not text": program(array + b"(K\x01K\x01\x85" + _OBJECT + b"\x89]}atb"),
        "array of one number and one text": program(
            array + b"(K\x01K\x02\x85" + _OBJECT + b"\x89](K\x01" + text("x") + b"etb"
        ),
        "one text encoded many times": program(
            b"X\x00\x00\x10\x00"
            + b"a" * 2**20
            + b"\x94("
            + (name("_codecs", "encode") + b"h\x00" + text("latin1") + b"\x86R") * 40
            + b"t"
        ),
        "bare dtype": program(f8),
        "frombuffer of a list": program(call("numpy._core.numeric", "_frombuffer", b"]", f8, b"K\x01\x85", text("C"))),
        "frombuffer in order X": program(
            call("numpy._core.numeric", "_frombuffer", eight, f8, b"K\x01\x85", text("X"))
        ),
        "scalar of too many bytes": program(call("numpy._core.multiarray", "scalar", f8, b"C\x10" + bytes(16))),
        "object scalar": program(
            call("numpy._core.multiarray", "scalar", call("numpy", "dtype", text("O8"), b"\x89", b"\x88"), eight)
        ),
        "encode with another codec": program(call("_codecs", "encode", text("x"), text("rot13"))),
        "encode of what is not Latin-1": program(call("_codecs", "encode", text("€"), text("latin1"))),
        "OrderedDict of a list": program(call("collections", "OrderedDict", b"]")),
        "append to a dict": program(b"}K\x01a"),
        "set items of a list": program(b"]K\x01K\x02s"),
        "tuple as a key": program(b"}K\x01\x85K\x01s"),
        "huge integer as a key": program(b"}\x8a\x09" + b"\xff" * 8 + b"\x00K\x01s"),
        "integer of 200 bytes": program(b"\x8a\xc8" + b"\x7f" * 200),
        "bare global": program(name("numpy", "ndarray")),
        "global named by a number": program(text("numpy") + b"K\x01\x93"),
        "memo that is not there": program(b"h\x05"),
        "empty stack": program(b""),
        "two values": program(b"NN"),
        "open mark": program(b"(N"),
        "stack underflow": program(b"\x87"),
        "contains itself": program(b"]\x94h\x00a"),
        "contains itself by a dict": program(b"}\x94" + text("x") + b"h\x00s"),
        "scaler inside itself": program(scaler + b")\x81\x94}" + text("center_") + b"h\x00sb"),
        "unfitted scaler": program(scaler + b")\x81"),
        "trailing bytes": program(b"N") + b"N.",
        "protocol 7": program(b"N", protocol=7),
        "protocol 1": program(b"N", protocol=1),
        "not a pickle": b"hello",
        "nothing": b"",
        "BINBYTES8 of 2**60 bytes": program(b"\x8e" + struct.pack("<Q", 2**60) + b"x"),
        "out-of-band buffer": program(b"\x97", protocol=5),
        "marks without end": program(b"(" * 100_000),
        "deep lists": program(b"]" * 1000 + b"a" * 999),
        "many paths": many_paths(),
        "many paths by dicts": program(b"(}" + b"".join(_twice(bytes([i])) for i in range(28)) + b"t"),
        "one array in many scalers": many_scalers(),
    }


def _twice(index: bytes) -> bytes:
    return b"\x94}" + text("a") + b"h" + index + b"s" + text("b") + b"h" + index + b"s"


def many_paths(levels: int = 30) -> bytes:
    """Under 300 bytes, 2**30 paths: each pair holds the one before twice."""
    pairs = b"".join(b"\x94h" + bytes([i]) + b"h" + bytes([i]) + b"\x86" for i in range(levels))
    return program(b"()" + pairs + b"t")


def many_arrays(*, count: int, content_bytes: int) -> bytes:
    """Arrays whose bytes are stored once."""
    content = b"B" + struct.pack("<I", content_bytes) + bytes(content_bytes) + b"\x94"
    length = b"J" + struct.pack("<i", content_bytes // 8)
    one = _ARRAY + b"(K\x01" + length + b"\x85" + _FLOAT64 + b"\x89h\x00tb"
    return program(b"](" + content + one * count + b"e")


def many_scalers() -> bytes:
    """A thousand scalers that share one attribute: each would copy it."""
    array = _ARRAY
    f8 = _FLOAT64
    shared = array + b"(K\x01K\x01\x85" + f8 + b"\x89C\x08" + struct.pack("<d", 1.0) + b"tb"
    scaler = name("sklearn.preprocessing._data", "RobustScaler") + b")\x81}" + text("scale_") + b"h\x00sb"
    return program(b"](" + shared + b"\x94" + scaler * 1000 + b"e")
