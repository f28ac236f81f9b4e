"""A fingerprint of a history window, the same whichever source the window came from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import numpy as np

from domain.series import LoadSeries

DIGEST_BYTES: Final = 16


def digest_window(series: Mapping[str, LoadSeries], scope: str) -> str:
    """Fingerprint of exactly what a window holds, so that a plan can be replayed and checked against it.

    It covers names, hours, values and which hours were observed, and nothing outside the window: later data
    appended to the source leaves it as it was.

    Args:
        series: Metric name → series.
        scope: ``HistoryScope`` of the window.

    Returns:
        32 hexadecimal digits (BLAKE2b, 16 bytes).
    """
    whole = hashlib.blake2b(scope.encode(), digest_size=DIGEST_BYTES)
    for name in sorted(series):
        one = series[name]
        whole.update(f"\n{name}\n{int(one.start.timestamp())}\n{len(one)}\n".encode())
        whole.update(one.values.astype("<f8", copy=False).tobytes())
        whole.update(np.packbits(one.observed).tobytes())
    return whole.hexdigest()
