"""A source that is gone under load, again and again: answers go on, and nothing piles up.

`benchmarks/outage.py` does the same against the running service for a minute at a time, and measures.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.history.guarded_history import MOST_CALLS
from tests.faults.rig import BREAKING, SERVICES, SOURCES, Rig, is_complete, service_over

CALLERS = 6
PLANS_EACH = 8
# Rounds before the first count: pools fill, and modules load.
WARM_ROUNDS = 1
ROUNDS = 3


@pytest.fixture(params=sorted(SOURCES))
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with service_over(request.param, request) as rig:
        yield rig


def _history_threads() -> int:
    return sum(thread.name.startswith("history") for thread in threading.enumerate())


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _under_load(rig: Rig) -> None:
    """Many ask at once, for services known and unknown; the rig holds every answer to be one, and soon."""
    with ThreadPoolExecutor(CALLERS) as callers:
        asked = [callers.submit(rig.plan, (*SERVICES, "nobody")[step % 3]) for step in range(CALLERS * PLANS_EACH)]
        for one in asked:
            one.result()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted in /proc")
def test_nothing_piles_up_over_outages_under_load(rig: Rig) -> None:
    counted = []
    for number in range(WARM_ROUNDS + ROUNDS):
        rig.until(lambda: all(is_complete(rig.plan(service)) for service in SERVICES))
        rig.proxy.fail(BREAKING[number % len(BREAKING)])
        _under_load(rig)
        rig.proxy.heal()
        rig.until(lambda: all(is_complete(rig.plan(service)) for service in SERVICES))
        rig.until(lambda: rig.proxy.connections <= MOST_CALLS)
        counted.append((_history_threads(), _open_files()))
    threads, files = zip(*counted[WARM_ROUNDS:], strict=True)
    assert max(threads) <= MOST_CALLS
    # Each connection to the source is one file here and two in the proxy, which runs in this process.
    assert max(files) - min(files) <= 3 * MOST_CALLS
