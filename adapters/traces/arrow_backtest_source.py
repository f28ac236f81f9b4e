"""Series to backtest on, from Parquet or long CSV files, read by pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from adapters.traces.arrow_files import Codes, check_columns, epoch_seconds, load_table, numbers, text_codes
from domain.errors import InvalidData
from domain.metrics import MAX_SUFFIX, MetricKind, MetricSpec, describe_metric, find_metric
from domain.ports.backtest_source import BacktestSeries, BacktestSource
from domain.series import Floats, aggregate_columns

COLUMNS = ("service_id", "metric_name", "ts", "value")
DATASET_COLUMN = "dataset"
_TEXTS = ("service_id", "metric_name", DATASET_COLUMN)
SUFFIXES = (".parquet", ".csv")


class ArrowBacktestSource(BacktestSource):
    """Files with the columns ``service_id, metric_name, ts, value`` and, if there, ``dataset``, in any order of rows.

    Sub-hourly rows are averaged to hours; of rows with the same time the last wins; rows without a finite value are
    left out. Naive times are read as UTC.
    """

    def __init__(self, paths: Sequence[Path], *, datasets: Sequence[str] = (), metrics: Sequence[str] = ()) -> None:
        """Name what to read; nothing is opened yet.

        Args:
            paths: Files, or folders whose Parquet and CSV files are all read.
            datasets: Only these; empty takes all.
            metrics: Only these; empty takes all but hourly maxima (names ending in ``_max``).
        """
        self._paths = tuple(paths)
        self._datasets = frozenset(datasets)
        self._metrics = frozenset(metrics)

    def read(self) -> Iterator[BacktestSeries]:
        """See the port."""
        for path in self._files():
            yield from self._read_file(path)

    def _files(self) -> list[Path]:
        files: list[Path] = []
        for path in self._paths:
            found = sorted(item for item in path.iterdir() if item.suffix in SUFFIXES) if path.is_dir() else [path]
            if not found:
                raise InvalidData(f"{path.name}: the folder holds no file ending in {' or '.join(SUFFIXES)}")
            files += found
        return files

    def _read_file(self, path: Path) -> Iterator[BacktestSeries]:
        table = load_table(path, {*COLUMNS, DATASET_COLUMN}, _TEXTS)
        check_columns(table, path, COLUMNS)
        values = numbers(table, "value", path)
        keep = np.isfinite(values)
        seconds, values = epoch_seconds(table, "ts", path)[keep], values[keep]
        given = DATASET_COLUMN in table.column_names
        names, dataset = (
            text_codes(table, DATASET_COLUMN) if given else ([path.stem], np.zeros(len(keep), dtype=np.int64))
        )
        services, service = text_codes(table, "service_id")
        metrics, metric = text_codes(table, "metric_name")
        group = (dataset * len(services) + service) * len(metrics) + metric
        for code, rows in _groups(group[keep], seconds):
            spec = self._wanted(metrics[code % len(metrics)])
            where = names[code // len(metrics) // len(services)]
            if spec is None or (self._datasets and where not in self._datasets):
                continue
            hourly = aggregate_columns(*_last_of_each(seconds[rows], values[rows]))
            service_id = services[code // len(metrics) % len(services)]
            yield BacktestSeries(dataset=where, service_id=service_id, metric=spec, series=hourly.mean)

    def _wanted(self, name: str) -> MetricSpec | None:
        if (name not in self._metrics) if self._metrics else name.endswith(MAX_SUFFIX):
            return None
        known = find_metric(name)
        if known is None:
            return describe_metric(name)
        # The report speaks of the source's names: cpu stays cpu.
        return MetricSpec(name=name, kind=MetricKind(known.kind), unit=known.unit, resource=known.resource)


def _groups(codes: Codes, seconds: Floats) -> Iterator[tuple[int, Codes]]:
    """(code, row numbers by time, ties in the file's order) for each distinct code."""
    order = np.lexsort((np.arange(len(codes)), seconds, codes))
    bounds = np.flatnonzero(np.diff(codes[order])) + 1
    for rows in np.split(order, bounds):
        if rows.size:
            yield int(codes[rows[0]]), rows


def _last_of_each(seconds: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Without duplicate times; ``seconds`` is sorted."""
    last = np.append(np.diff(seconds) > 0, True)
    return seconds[last], values[last]
