"""Trains several networks side by side, one thread each, from seeds of their own.

TensorFlow works on one thread per network: two networks on two cores take the time of one, while one network on two
threads is hardly faster than on one. What a network learns depends on its own seed and step numbers only, so the order
in which threads run changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor, wait
from math import inf
from threading import Event, Lock

import numpy as np

from adapters.training.fit_loop import DrawBatch, FitLoop, FitState
from adapters.training.window_sampler import WindowBatch
from domain.ports.model_trainer import ProgressCallback, TrainingProgress


def fit_members(
    loops: Sequence[FitLoop], draws: Sequence[DrawBatch], validation: WindowBatch, on_progress: ProgressCallback
) -> list[FitState]:
    """Fit every network; progress is that of the one furthest behind.

    Args:
        loops: One per network.
        draws: Where each gets its batches, in the same order.
        validation: Judges all of them.
        on_progress: Called from one thread at a time. What it raises, or an interruption of the caller, ends all
            networks at their next step; what they had saved stays.
    """
    progress = _FurthestBehind(len(loops), on_progress)
    stop = Event()

    def fit(member: int) -> FitState:
        state = loops[member].run(_until(stop, draws[member]), validation, progress.of(member))
        progress.finished(member)
        return state

    with ThreadPoolExecutor(len(loops), thread_name_prefix="member") as pool:
        runs = [pool.submit(fit, member) for member in range(len(loops))]
        try:
            ended = wait(runs, return_when=FIRST_EXCEPTION).done
            failed = next((run for run in runs if run in ended and run.exception()), None)
            return [run.result() for run in ([failed] if failed else runs)]
        finally:
            stop.set()


def joint_history(states: Sequence[FitState]) -> list[dict[str, float]]:
    """One entry per epoch: means over the networks still training in it, the longest time among them."""
    epochs = max(len(state.history) for state in states)
    found = []
    for epoch in range(epochs):
        entries = [state.history[epoch] for state in states if epoch < len(state.history)]
        means = {name: float(np.mean([entry[name] for entry in entries])) for name in entries[0]}
        found.append({**means, "seconds": max(entry["seconds"] for entry in entries)})
    return found


def _until(stop: Event, draw: DrawBatch) -> DrawBatch:
    """The same batches until ``stop`` is set; then the network that asks for one ends where it is."""

    def draw_unless_stopped(step: int) -> WindowBatch:
        if stop.is_set():
            raise CancelledError
        return draw(step)

    return draw_unless_stopped


class _FurthestBehind:
    """Passes on the progress of the network that has done least."""

    def __init__(self, members: int, on_progress: ProgressCallback) -> None:
        self._done: list[tuple[float, int]] = [(0, 0)] * members
        self._on_progress = on_progress
        self._lock = Lock()

    def of(self, member: int) -> ProgressCallback:
        def show(progress: TrainingProgress) -> None:
            with self._lock:
                self._done[member] = (progress.epoch, progress.step)
                if self._done[member] == min(self._done):
                    self._on_progress(progress)

        return show

    def finished(self, member: int) -> None:
        """It is behind nobody any more."""
        with self._lock:
            self._done[member] = (inf, 0)
