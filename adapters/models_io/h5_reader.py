"""Reading the architecture and the weights out of a Keras .h5 file; runs in the child process of ``hdf5``.

The structure of the whole file is judged before one value is read: only hard links, each object reached once, plain
numbers stored contiguously inside the file, no more of them than the file has bytes. HDF5 can otherwise be made to
read other files (external links, external storage, virtual datasets) or to declare terabytes in a kilobyte.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import h5py  # type: ignore[import-untyped, unused-ignore]
import numpy as np
from numpy.typing import NDArray

MAX_OBJECTS = 4096
MAX_DEPTH = 16
MAX_ATTRIBUTES = 64
MAX_ATTRIBUTE_VALUES = 4096
MAX_CONFIG_CHARACTERS = 4 * 2**20
MAX_DIMENSIONS = 4

_NUMBERS = (h5py.h5t.INTEGER, h5py.h5t.FLOAT)
_LAYOUTS = (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
_LINKS = {h5py.h5l.TYPE_SOFT: "a soft link", h5py.h5l.TYPE_EXTERNAL: "a link to another file"}


class H5Refused(Exception):
    """Why an .h5 file is refused; the caller adds the file's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One array of a layer: the layer's name, the last part of the weight's path, its values (float32)."""

    layer: str
    path: str
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class H5Content:
    """What a Keras .h5 file says of a network: ``model_config`` (JSON text), the version that wrote it, its weights."""

    config: str
    keras_version: str
    weights: tuple[Weight, ...]


def read_h5(data: bytes) -> H5Content:
    """Inspect the file, then read it.

    Raises:
        H5Refused: Its structure is not that of a Keras model's weights.
        Exception: Whatever the HDF5 library raises on damaged files; the caller's process is expendable.
    """
    file = h5py.h5f.open_file_image(data)
    _Inspector(len(data)).group(h5py.h5g.open(file, b"/"), 0)
    root = h5py.File(file)
    if "model_config" not in root.attrs or "model_weights" not in root:
        raise H5Refused("it holds no Keras model: model_config or model_weights is missing")
    config = _text(root.attrs["model_config"])
    if len(config) > MAX_CONFIG_CHARACTERS:
        raise H5Refused("its model_config is larger than a network's description may be")
    version = _text(root.attrs.get("keras_version", ""))[:32]
    return H5Content(config=config, keras_version=version, weights=tuple(_weights(root["model_weights"])))


class _Inspector:
    """Walks every object of a file without reading data."""

    def __init__(self, file_bytes: int) -> None:
        self._file_bytes = file_bytes
        self._declared = 0
        self._seen: set[tuple[int, int]] = set()

    def group(self, group: Any, depth: int) -> None:
        """Judge a group and everything below it."""
        if depth > MAX_DEPTH:
            raise H5Refused("its groups are nested deeper than those of a network")
        self._attributes(group)
        for name in list(group):
            kind = group.links.get_info(name).type
            if kind != h5py.h5l.TYPE_HARD:
                raise H5Refused(f"it holds {_LINKS.get(kind, 'a link of unknown kind')} ({_shown(name)})")
            self._object(h5py.h5o.open(group, name), name, depth + 1)

    def _object(self, item: Any, name: bytes, depth: int) -> None:
        info = h5py.h5o.get_info(item)
        if (info.fileno, info.addr) in self._seen or len(self._seen) >= MAX_OBJECTS:
            raise H5Refused(f"it holds an object twice, or more than {MAX_OBJECTS} of them ({_shown(name)})")
        self._seen.add((info.fileno, info.addr))
        if isinstance(item, h5py.h5g.GroupID):
            self.group(item, depth)
        elif isinstance(item, h5py.h5d.DatasetID):
            self._attributes(item)
            self._dataset(item, name)
        else:
            raise H5Refused(f"it holds something that is neither a group nor numbers ({_shown(name)})")

    def _dataset(self, dataset: Any, name: bytes) -> None:
        created, kind = dataset.get_create_plist(), dataset.get_type()
        if created.get_layout() == h5py.h5d.VIRTUAL:
            raise H5Refused(f"{_shown(name)} is a virtual dataset: its values lie in other files")
        if created.get_layout() not in _LAYOUTS or created.get_nfilters():
            raise H5Refused(f"{_shown(name)} is compressed or in chunks; Keras writes neither")
        if created.get_external_count():
            raise H5Refused(f"{_shown(name)} keeps its values in another file")
        if kind.get_class() not in _NUMBERS or kind.get_size() > 8:
            raise H5Refused(f"{_shown(name)} does not hold plain numbers")
        shape = dataset.shape
        if shape is None or len(shape) > MAX_DIMENSIONS:
            raise H5Refused(f"{_shown(name)} has no shape that a weight can have")
        declared = math.prod(shape) * kind.get_size()
        self._declared += declared
        if self._declared > self._file_bytes or declared != dataset.get_storage_size():
            raise H5Refused(f"{_shown(name)} declares {declared} bytes, more than the file holds of it")

    def _attributes(self, item: Any) -> None:
        count = h5py.h5a.get_num_attrs(item)
        if count > MAX_ATTRIBUTES:
            raise H5Refused(f"an object has {count} attributes, {MAX_ATTRIBUTES} are allowed")
        for index in range(count):
            attribute = h5py.h5a.open(item, index=index)
            kind = attribute.get_type()
            if kind.get_class() not in (*_NUMBERS, h5py.h5t.STRING):
                raise H5Refused(f"the attribute {_shown(attribute.name)} is neither text nor a number")
            values = math.prod(attribute.shape or ())
            if values > MAX_ATTRIBUTE_VALUES or values * kind.get_size() > self._file_bytes:
                raise H5Refused(f"the attribute {_shown(attribute.name)} declares more than the file holds")


def _weights(group: h5py.Group) -> Iterator[Weight]:
    for layer in _names(group, "layer_names"):
        owner = group[layer]
        for path in _names(owner, "weight_names"):
            dataset = owner[path]
            if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind != "f":
                raise H5Refused(f"{_shown(path)} does not hold floating-point weights")
            with np.errstate(over="ignore"):  # what does not fit is found by the next line
                values = np.asarray(dataset[()], dtype=np.float32)
            if not np.isfinite(values).all():
                raise H5Refused(f"{_shown(path)} holds a weight that is not finite")
            yield Weight(layer=layer, path=path, values=values)


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """A list of names; Keras splits long ones over ``name0``, ``name1`` and so on."""
    if attribute in group.attrs:
        return [_text(name) for name in np.ravel(group.attrs[attribute])]
    parts: list[str] = []
    for index in range(MAX_ATTRIBUTES):
        if f"{attribute}{index}" not in group.attrs:
            break
        parts += [_text(name) for name in np.ravel(group.attrs[f"{attribute}{index}"])]
    return parts


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if not isinstance(value, str):
        raise H5Refused("an attribute that must be text is not")
    return value


def _shown(name: bytes | str) -> str:
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else name
    return repr(text[:80])
