"""Draws training windows in a thread of its own while TensorFlow works on those drawn before."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import numpy as np

from adapters.training.fit_loop import DrawBatch
from adapters.training.window_sampler import WindowBatch, WindowSampler

# Several batches are drawn in one go, which takes half the time of drawing each alone, then shuffled and dealt out.
BLOCK: Final = 4
_BLOCKS_AHEAD: Final = 2
_TRAINING: Final = 0  # which of the streams of a seed; windows to validate and to calibrate on come from others


@contextmanager
def drawn_ahead(sampler: WindowSampler, *, batch_size: int, seed: int) -> Iterator[DrawBatch]:
    """A source of batches; a batch depends on seed and step only.

    Args:
        sampler: Keeps no state.
        batch_size: Windows of each batch, exactly.
        seed: Of the run.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="windows") as pool:
        try:
            yield _source(pool, sampler, batch_size, seed)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _source(pool: ThreadPoolExecutor, sampler: WindowSampler, batch_size: int, seed: int) -> DrawBatch:
    pending: dict[int, Future[list[WindowBatch]]] = {}

    def draw(step: int) -> WindowBatch:
        block, place = divmod(step, BLOCK)
        for ahead in range(block, block + _BLOCKS_AHEAD):
            if ahead not in pending:
                pending[ahead] = pool.submit(_block, sampler, batch_size, (seed, _TRAINING, ahead))
        batches = pending[block].result()
        if place == BLOCK - 1:
            del pending[block]
        return batches[place]

    return draw


def _block(sampler: WindowSampler, batch_size: int, seeds: tuple[int, int, int]) -> list[WindowBatch]:
    random = np.random.default_rng(seeds)
    drawn = sampler.draw(BLOCK * batch_size, random)
    # Repeated where the series gave fewer than asked: a batch of another size would be compiled anew.
    order = np.resize(random.permutation(len(drawn.inputs)), (BLOCK, batch_size))
    return [
        WindowBatch(
            inputs=drawn.inputs[rows], anchor=drawn.anchor[rows], target=drawn.target[rows], weight=drawn.weight[rows]
        )
        for rows in order
    ]
