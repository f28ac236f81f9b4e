"""Series to backtest on, from Parquet or long CSV files, read by pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from domain.errors import ConfigurationError, InvalidData
from domain.metrics import MAX_SUFFIX, MetricKind, MetricSpec, describe_metric, find_metric
from domain.ports.backtest_source import BacktestSeries, BacktestSource
from domain.series import Floats, aggregate_columns

if TYPE_CHECKING:
    import pyarrow as pa

Codes = NDArray[np.int64]

COLUMNS = ("service_id", "metric_name", "ts", "value")
DATASET_COLUMN = "dataset"
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
        table = _load(path)
        missing = [name for name in COLUMNS if name not in table.column_names]
        if missing:
            names_wanted = ", ".join(COLUMNS)
            raise InvalidData(f"{path.name}: no column {' and '.join(missing)}; expected {names_wanted}")
        values = _column(table, "value", "double", path)
        keep = np.isfinite(values)
        seconds, values = _seconds(table, path)[keep], values[keep]
        given = DATASET_COLUMN in table.column_names
        names, dataset = _codes(table, DATASET_COLUMN) if given else ([path.stem], np.zeros(len(keep), dtype=np.int64))
        services, service = _codes(table, "service_id")
        metrics, metric = _codes(table, "metric_name")
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


def _load(path: Path) -> pa.Table:
    try:
        import pyarrow as pa
        from pyarrow import csv, parquet
    except ImportError as error:
        raise ConfigurationError("reading backtest data needs pyarrow: install mcp-core-orchestrator[train]") from error
    wanted = {*COLUMNS, DATASET_COLUMN}
    try:
        if path.suffix == ".parquet":
            return parquet.read_table(path, columns=[n for n in parquet.read_schema(path).names if n in wanted])
        text = {name: pa.string() for name in ("service_id", "metric_name", DATASET_COLUMN)}
        return csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=text))
    except FileNotFoundError as error:
        raise InvalidData(f"{path.name}: there is no such file") from error
    except (OSError, pa.ArrowException) as error:
        raise InvalidData(f"{path.name}: this is not a readable {path.suffix or 'data'} file") from error


def _column(table: pa.Table, name: str, kind: str, path: Path) -> Floats:
    import pyarrow as pa

    try:
        return np.asarray(table[name].cast(kind).to_numpy(), dtype=np.float64)
    except pa.ArrowException as error:
        raise InvalidData(f"{path.name}: the column {name} holds something that is not a number") from error


def _seconds(table: pa.Table, path: Path) -> Floats:
    import pyarrow as pa

    column = table["ts"]
    try:
        if not pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", tz="UTC"))
        return np.asarray(column.cast(pa.timestamp("us", tz="UTC")).cast("int64").to_numpy() / 1e6, dtype=np.float64)
    except pa.ArrowException as error:
        raise InvalidData(f"{path.name}: the column ts holds something that is not a time (ISO 8601, UTC)") from error


def _codes(table: pa.Table, name: str) -> tuple[list[str], Codes]:
    """Distinct values in order of appearance and each row's index into them."""
    import pyarrow as pa

    encoded = table[name].combine_chunks().cast(pa.string()).dictionary_encode()
    return encoded.dictionary.to_pylist(), np.asarray(encoded.indices.to_numpy(), dtype=np.int64)


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
