"""A past held in memory."""

from __future__ import annotations

from collections.abc import Iterator

from domain.errors import InvalidData
from domain.ports.backtest_source import BacktestSeries, BacktestSource


class RememberedPast(BacktestSource):
    """Gives the series it was made with, in that order.

    Args:
        subjects: The whole past.
        problem: When not empty, reading raises InvalidData with this text.
    """

    def __init__(self, *subjects: BacktestSeries, problem: str = "") -> None:
        self._subjects = subjects
        self._problem = problem

    def read(self) -> Iterator[BacktestSeries]:
        """See the port."""
        if self._problem:
            raise InvalidData(self._problem)
        yield from self._subjects
