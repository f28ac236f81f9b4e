"""Series of services that a training on the same files does not learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters.traces.arrow_backtest_source import ArrowBacktestSource
from adapters.training.series_reader import read_series
from domain.ports.backtest_source import BacktestSeries, BacktestSource
from domain.training_set import Side, split_by_service


class KeptApartSource(BacktestSource):
    """What the training of the service model keeps for its figures, by the same split.

    Args:
        paths: The files or folders the training was given.
        leave_out: Data sets it was told to leave out; all their services are unseen and thus in.
        datasets: Only these; empty takes all.
        metrics: Only these; empty takes all but hourly maxima.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        leave_out: Sequence[str] = (),
        datasets: Sequence[str] = (),
        metrics: Sequence[str] = (),
    ) -> None:
        self._paths = tuple(paths)
        self._leave_out = tuple(leave_out)
        self._source = ArrowBacktestSource(paths, datasets=datasets, metrics=metrics)

    def read(self) -> Iterator[BacktestSeries]:
        """See the port."""
        sides = split_by_service(read_series(self._paths, leave_out=self._leave_out))
        for subject in self._source.read():
            if sides.get((subject.dataset, subject.service_id), Side.TEST) is Side.TEST:
                yield subject
