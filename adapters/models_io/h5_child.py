"""The process in which .h5 files are opened: bytes in, checked arrays out, no way to reach anything else.

The HDF5 library is a large C parser that was not written against hostile files. Here a crash, a hang or an endless
allocation costs one short-lived process. After its imports it can open no file, write no file and start no process.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from adapters.child_limits import give_up_powers

MEMORY_BYTES = 3 * 2**30
CPU_SECONDS = 20


def main() -> None:
    """Read an .h5 file from standard input, write ``<length> <newline> <header> <arrays>`` to standard output."""
    from adapters.models_io.h5_reader import H5Refused, read_h5

    data = sys.stdin.buffer.read()
    read_h5(_rehearsal_file())  # imports whatever is imported on first use, as no file can be opened later
    give_up_powers(memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS, opens_files=False)
    try:
        content = read_h5(data)
    except H5Refused as refusal:
        _send({"refused": str(refusal)}, [])
        return
    weights = [{"layer": w.layer, "path": w.path, "shape": w.values.shape} for w in content.weights]
    header = {"config": content.config, "keras_version": content.keras_version, "weights": weights}
    _send(header, [weight.values.astype("<f4").tobytes() for weight in content.weights])


def _send(header: Mapping[str, object], arrays: list[bytes]) -> None:
    text = json.dumps(header).encode()
    sys.stdout.buffer.write(b"%d\n" % len(text) + text + b"".join(arrays))
    sys.stdout.buffer.flush()


def _rehearsal_file() -> bytes:
    """A small file with everything a Keras file has."""
    import h5py  # type: ignore[import-untyped, unused-ignore]

    with h5py.File("rehearsal", "w", driver="core", backing_store=False) as file:
        file.attrs["model_config"] = b"{}"
        layer = file.create_group("model_weights/dense")
        file["model_weights"].attrs["layer_names"] = [b"dense"]
        layer.attrs["weight_names"] = [b"dense/kernel"]
        layer.create_dataset("dense/kernel", data=[[1.0]], dtype="float32")
        file.flush()
        return bytes(file.id.get_file_image())


if __name__ == "__main__":
    main()
