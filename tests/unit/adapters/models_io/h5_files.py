"""Hostile .h5 files, made from the honest fixture."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

FIXTURES = Path(__file__).parents[3] / "fixtures" / "models"
HONEST = FIXTURES / "one_step.h5"
KERNEL = "model_weights/dense/sequential/dense/kernel"


def altered(change: Callable[[Any], None]) -> bytes:
    """The fixture after ``change(file)``."""
    buffer = io.BytesIO(HONEST.read_bytes())
    with h5py.File(buffer, "r+") as file:
        change(file)
    return buffer.getvalue()


def with_kernel(**how: Any) -> bytes:
    """The fixture with one weight stored in another way."""

    def change(file: Any) -> None:
        del file[KERNEL]
        file.create_dataset(KERNEL, **how)

    return altered(change)


def _link(link: object) -> Callable[[Any], None]:
    def change(file: Any) -> None:
        del file[KERNEL]
        file[KERNEL] = link

    return change


def _virtual() -> bytes:
    layout = h5py.VirtualLayout(shape=(4, 4), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/hostname.h5", "x", shape=(4, 4))

    def change(file: Any) -> None:
        del file[KERNEL]
        file.create_virtual_dataset(KERNEL, layout)

    return altered(change)


def _external(secret: Path) -> bytes:
    return with_kernel(shape=(4, 4), dtype="f4", external=[(str(secret), 0, 64)])


def _huge_late() -> bytes:
    """Contiguous, never written: declares 4 TiB, occupies nothing."""

    def change(file: Any) -> None:
        del file[KERNEL]
        space = h5py.h5s.create_simple((2**20, 2**20))
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.CONTIGUOUS)
        plist.set_alloc_time(h5py.h5d.ALLOC_TIME_LATE)
        h5py.h5d.create(file.id, KERNEL.encode(), h5py.h5t.IEEE_F32LE, space, plist)

    return altered(change)


def _deep(file: Any) -> None:
    group = file
    for _ in range(40):
        group = group.create_group("g")


def _cycle(file: Any) -> None:
    file["model_weights/again"] = file["model_weights"]


def _twice(file: Any) -> None:
    file["model_weights/dense/other"] = file[KERNEL]


def _many(file: Any) -> None:
    for index in range(4200):
        file.create_group(f"many/{index}")


def _wide_attribute(file: Any) -> None:
    file.attrs["wide"] = np.zeros(6000)


def _drop_config(file: Any) -> None:
    del file.attrs["model_config"]


def structures(secret: Path) -> dict[str, bytes]:
    """Name → file whose structure must be refused before a value is read."""
    f4, ones = "f4", np.ones((4, 4), "f4")
    return {
        "external link": altered(_link(h5py.ExternalLink(str(HONEST), KERNEL))),
        "external link to a missing file": altered(_link(h5py.ExternalLink("nowhere.h5", "x"))),
        "soft link": altered(_link(h5py.SoftLink("/model_weights/dense/sequential/dense/bias"))),
        "dangling soft link": altered(_link(h5py.SoftLink("/nowhere"))),
        "external storage": _external(secret),
        "virtual dataset": _virtual(),
        "4 TiB declared, contiguous": _huge_late(),
        "4 TiB declared, chunked": with_kernel(shape=(2**20, 2**20), dtype=f4, chunks=(4, 4)),
        "compressed": with_kernel(data=np.zeros((2000, 2000), f4), compression="gzip"),
        "objects": with_kernel(shape=(4,), dtype=h5py.special_dtype(vlen=str)),
        "variable length": with_kernel(shape=(4,), dtype=h5py.special_dtype(vlen=np.float32)),
        "references": with_kernel(shape=(4,), dtype=h5py.ref_dtype),
        "records": with_kernel(shape=(4,), dtype=[("a", "f4"), ("b", "i4")]),
        "text": with_kernel(data=np.array([b"abcd"] * 4)),
        "empty": with_kernel(data=h5py.Empty("f4")),
        "five axes": with_kernel(data=np.ones((1, 1, 1, 4, 4), f4)),
        "integers": with_kernel(data=ones.astype("i4")),
        "NaN": with_kernel(data=ones * np.nan),
        "infinity": with_kernel(data=np.where(np.eye(4) == 1, np.inf, 1).astype(f4)),
        "too large for float32": with_kernel(data=np.full((4, 4), 1e300)),
        "groups in a circle": altered(_cycle),
        "an object twice": altered(_twice),
        "deep groups": altered(_deep),
        "many objects": altered(_many),
        "wide attribute": altered(_wide_attribute),
        "committed type": altered(lambda file: file.__setitem__("t", np.dtype("f8"))),
        "no model": altered(_drop_config),
        "no weights": altered(lambda file: file.__delitem__("model_weights")),
        "config that is a number": altered(lambda file: file.attrs.__setitem__("model_config", 3)),
    }


def config() -> Any:
    """The fixture's ``model_config``, to be changed."""
    with h5py.File(HONEST) as file:
        return json.loads(file.attrs["model_config"])
