"""Run a backtest of sizes in batches, in this process or several, with progress on stderr."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from application.backtest_sizing import SizingBacktest, SizingOutcome
from application.sizing_days import ServicePast
from entrypoints.cli.progress import with_progress

if TYPE_CHECKING:
    from entrypoints.container import Container

BATCH_SERVICES = 8


def size_all(
    container: Container, subjects: Sequence[ServicePast], *, peers: Sequence[str], risks: Sequence[float],
    origins: int, workers: int,
) -> list[SizingOutcome]:  # fmt: skip
    """Outcomes in the order of the subjects, whatever the number of workers."""
    batches = [subjects[first : first + BATCH_SERVICES] for first in range(0, len(subjects), BATCH_SERVICES)]
    if workers == 1:
        run = sizing_backtest_of(container, peers, risks, origins)
        return _joined(with_progress(map(run, batches), len(batches), "sizing"))
    # Spawned, not forked: numeric libraries and their threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    arguments = (tuple(peers), tuple(risks), origins)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=arguments) as pool:
        return _joined(with_progress(pool.map(_size_batch, batches), len(batches), "sizing"))


def sizing_backtest_of(
    container: Container, peers: Sequence[str], risks: Sequence[float], origins: int
) -> SizingBacktest:
    """Our rule with every forecaster of ours and with what a plan would use, and the peers asked for."""
    return SizingBacktest(
        forecasters=container.own_forecasters(), peers=peers, risks=risks, origins=origins,
        compare=container.compare_forecasters(),
    )  # fmt: skip


def _joined(found: Iterable[list[SizingOutcome]]) -> list[SizingOutcome]:
    return [outcome for outcomes in found for outcome in outcomes]


class _Worker:
    """What a worker process keeps between batches."""

    run: SizingBacktest


def _prepare(peers: tuple[str, ...], risks: tuple[float, ...], origins: int) -> None:
    from entrypoints.container import build_container

    _Worker.run = sizing_backtest_of(build_container(), peers, risks, origins)


def _size_batch(subjects: Sequence[ServicePast]) -> list[SizingOutcome]:
    return _Worker.run(subjects)
