"""Reads altered copies of an .h5 file in expendable processes; prints how each ended as JSON.

usage: python h5_mutants.py ROOT FILE flips|cuts COUNT
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

CHUNK = 200
NAMES = {0: "refused", 1: "accepted", 2: "bad"}


def altered(data: bytes, kind: str, count: int) -> Iterator[bytes]:
    source = random.Random(20261124)
    for index in range(count):
        if kind == "cuts":
            yield data[: len(data) * index // count]
            continue
        copy = bytearray(data)
        # Half of the flips hit the first kilobytes, where the structure is; the rest may hit weights.
        reach = len(copy) if index % 2 else min(len(copy), 12_000)
        copy[source.randrange(reach)] ^= source.randrange(1, 256)
        yield bytes(copy)


def judge(data: bytes) -> int:
    """0 refused, 1 accepted with finite numbers, 2 accepted with anything else."""
    import signal

    import numpy as np

    from adapters.models_io.architecture import parse_architecture
    from adapters.models_io.h5_reader import read_h5
    from adapters.models_io.hdf5 import KerasFile
    from adapters.models_io.network import NumpyNetwork

    signal.alarm(5)
    try:
        content = read_h5(data)
        weights: dict[str, dict[str, np.ndarray]] = {}
        for weight in content.weights:
            weights.setdefault(weight.layer, {})[weight.path] = weight.values
        architecture = parse_architecture(content.config, "m.h5")
        file = KerasFile(architecture=architecture, weights=weights, keras_version=content.keras_version)
        network = NumpyNetwork(file, "m.h5")
    except Exception:
        return 0
    finite = all(np.isfinite(values).all() for group in weights.values() for values in group.values())
    return 1 if finite and network.steps == 24 else 2


def judge_in_child(copies: list[bytes]) -> tuple[bytes, int]:
    """One code per copy judged, and the signal or exit code that ended the process early (0 if it did not)."""
    from adapters.child_limits import give_up_powers
    from adapters.models_io.h5_child import CPU_SECONDS, MEMORY_BYTES

    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        give_up_powers(memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS, opens_files=False)
        for copy in copies:
            os.write(send, bytes([judge(copy)]))
        os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        codes = pipe.read()
    return codes, abs(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def main() -> None:
    root, path, kind, count = sys.argv[1:5]
    sys.path.insert(0, root)
    import adapters.models_io.h5_reader
    import adapters.models_io.network  # noqa: F401

    data = Path(path).read_bytes()
    from adapters.models_io.h5_reader import read_h5

    read_h5(data)  # imports what is imported on first use
    copies = list(altered(data, kind, int(count)))
    endings: Counter[str] = Counter()
    while copies:
        codes, ending = judge_in_child(copies[:CHUNK])
        endings.update(NAMES[code] for code in codes)
        if ending:  # the copy after the last one judged ended the process
            endings[f"killed by {ending}"] += 1
        copies = copies[len(codes) + bool(ending) :]
    sys.stdout.write(json.dumps(endings) + "\n")


if __name__ == "__main__":
    main()
