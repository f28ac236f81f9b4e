"""Run a backtest in batches, in this process or several, with progress on stderr."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING

from application.backtest import Backtest
from domain.ports.backtest_source import BacktestSeries
from domain.scoring import SeriesScore
from entrypoints.cli.progress import with_progress

if TYPE_CHECKING:
    from entrypoints.container import Container

REFERENCE = "seasonal-naive"
# The one drawn in an HTML report: what a plan would use, if it is there.
METHOD_PREFERENCE = ("auto", "lstm", "baseline")
BATCH_SERIES = 32

Scores = dict[str, list[SeriesScore]]


def backtest_of(container: Container, peers: Sequence[str], origins: int) -> Backtest:
    """Our methods and the peers asked for, against the daily seasonal naive."""
    reference = container.peer_forecaster(REFERENCE)
    ours = dict(container.own_forecasters())
    others = {name: reference if name == REFERENCE else container.peer_forecaster(name) for name in peers}
    return Backtest(
        methods=ours | others, reference=reference, origins=origins, compare=container.compare_forecasters()
    )


def evenly_picked(subjects: Sequence[BacktestSeries], at_most: int) -> list[BacktestSeries]:
    """At most so many series of each data set, evenly spaced in the source's order; 0 keeps all."""
    picked: list[BacktestSeries] = []
    for _, group in groupby(subjects, key=lambda subject: subject.dataset):
        members = list(group)
        step = max(1.0, len(members) / at_most) if at_most else 1.0
        picked += [members[int(index * step)] for index in range(int(len(members) / step))]
    return picked


def score_all(run: Backtest, subjects: Sequence[BacktestSeries], *, workers: int, peers: Sequence[str]) -> Scores:
    """Scores of all series by method, in the order of the series whatever the number of workers."""
    batches = [subjects[first : first + BATCH_SERIES] for first in range(0, len(subjects), BATCH_SERIES)]
    if workers == 1:
        return _merged(run, with_progress(map(run, batches), len(batches), "backtest"))
    # Spawned, not forked: numeric libraries and their threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    arguments = (tuple(peers), run.origins)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=arguments) as pool:
        return _merged(run, with_progress(pool.map(_score_batch, batches), len(batches), "backtest"))


def _merged(run: Backtest, found: Iterable[Scores]) -> Scores:
    merged: Scores = {name: [] for name in run.names}
    for scores in found:
        for name, items in scores.items():
            merged[name] += items
    return merged


class _Worker:
    """What a worker process keeps between batches."""

    run: Backtest


def _prepare(peers: tuple[str, ...], origins: int) -> None:
    from entrypoints.container import build_container

    _Worker.run = backtest_of(build_container(), peers, origins)


def _score_batch(subjects: Sequence[BacktestSeries]) -> Scores:
    return _Worker.run(subjects)
