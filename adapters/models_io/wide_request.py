"""A forecast request for the hours after the last row of a wide CSV file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from adapters.history.header import header_names
from adapters.history.line_blocks import read_blocks, split_header
from adapters.history.wide_file import load_wide_file
from domain.covariates import ALL_COLUMNS
from domain.errors import InvalidData
from domain.metrics import describe_metric
from domain.ports.forecaster import LOOKBACK_HOURS, ForecastRequest
from domain.series import HOUR_SECONDS

# The file has no dates; any day serves, and a fixed one keeps the answer the same tomorrow.
_ANY_DAY = datetime(2026, 1, 5, tzinfo=UTC)


def wide_columns(path: Path) -> tuple[str, ...]:
    """The column names of a CSV file.

    Raises:
        InvalidData: The file is empty.
        DataSourceUnavailable: It cannot be read.
    """
    first = next(read_blocks(path), None)
    if first is None:
        raise InvalidData(f"{path.name} is empty; a wide CSV file of the cluster is needed")
    return tuple(header_names(split_header(first)[0]))


def request_after(path: Path, target: str) -> ForecastRequest:
    """Ask for the 24 hours after the file's last row.

    Args:
        path: Wide CSV file, 84 columns.
        target: Column to forecast.

    Raises:
        InvalidData: The file is refused, or has no such column.
        DataSourceUnavailable: It cannot be read.
    """
    table, _ = load_wide_file(path)
    end = int(_ANY_DAY.timestamp()) // HOUR_SECONDS + int(table.hour_of_day[-1]) + 1
    cut = {name: table.cut(name, end, LOOKBACK_HOURS) for name in ALL_COLUMNS[1:]}
    series = {name: found for name, found in cut.items() if found is not None}
    if target not in series:
        raise InvalidData(f"{path.name} has no values of {target}")
    start = datetime.fromtimestamp(end * HOUR_SECONDS, UTC)
    return ForecastRequest(metric=describe_metric(target), target=series[target], start=start, companions=series)
