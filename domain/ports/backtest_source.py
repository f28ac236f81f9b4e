"""Port: whose past a backtest is run on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from domain.metrics import MetricSpec
from domain.series import LoadSeries


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class BacktestSeries:
    """The whole known past of one metric of one service.

    Attributes:
        dataset: Where it comes from: the source's own column, else the file's name.
        service_id: Unique within the data set.
        metric: What it measures; the name is the source's.
        series: Hourly means.
    """

    dataset: str
    service_id: str
    metric: MetricSpec
    series: LoadSeries

    @property
    def label(self) -> str:
        """Service and metric, unique within the data set."""
        return f"{self.service_id}/{self.metric.name}"


class BacktestSource(Protocol):
    """Past series of many services."""

    def read(self) -> Iterator[BacktestSeries]:
        """Every series asked for, in a fixed order.

        Raises:
            InvalidData: A file is missing, cannot be read, or lacks a column; the message says which and what to do.
        """
        ...
