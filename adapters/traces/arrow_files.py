"""Tables read by pyarrow, with errors that say which file and column and what was expected."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from domain.errors import ConfigurationError, InvalidData
from domain.series import Floats

if TYPE_CHECKING:
    import pyarrow as pa

Codes = NDArray[np.int64]


def load_table(path: Path, columns: Collection[str], texts: Collection[str]) -> pa.Table:
    """A Parquet or CSV file.

    Args:
        path: The file.
        columns: Those wanted; of a CSV file all are read.
        texts: Columns that are text even where they look like numbers.

    Raises:
        InvalidData: There is no such file, or it cannot be read.
        ConfigurationError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import csv, parquet
    except ImportError as error:
        raise ConfigurationError("reading backtest data needs pyarrow: install mcp-core-orchestrator[train]") from error
    try:
        if path.suffix == ".parquet":
            return parquet.read_table(path, columns=[n for n in parquet.read_schema(path).names if n in columns])
        text = dict.fromkeys(texts, pa.string())
        return csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=text))
    except FileNotFoundError as error:
        raise InvalidData(f"{path.name}: there is no such file") from error
    except (OSError, pa.ArrowException) as error:
        raise InvalidData(f"{path.name}: this is not a readable {path.suffix or 'data'} file") from error


def check_columns(table: pa.Table, path: Path, wanted: Collection[str]) -> None:
    """Refuse a table that lacks a column.

    Raises:
        InvalidData: Names those that are missing.
    """
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        raise InvalidData(f"{path.name}: no column {' and '.join(missing)}; expected {', '.join(wanted)}")


def numbers(table: pa.Table, name: str, path: Path) -> Floats:
    """A column of numbers.

    Raises:
        InvalidData: It holds something else.
    """
    import pyarrow as pa

    try:
        return np.asarray(table[name].cast("double").to_numpy(), dtype=np.float64)
    except pa.ArrowException as error:
        raise InvalidData(f"{path.name}: the column {name} holds something that is not a number") from error


def epoch_seconds(table: pa.Table, name: str, path: Path) -> Floats:
    """A column of times; naive ones are read as UTC.

    Raises:
        InvalidData: It holds something else.
    """
    import pyarrow as pa

    column = table[name]
    try:
        if not pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", tz="UTC"))
        return np.asarray(column.cast(pa.timestamp("us", tz="UTC")).cast("int64").to_numpy() / 1e6, dtype=np.float64)
    except pa.ArrowException as error:
        raise InvalidData(
            f"{path.name}: the column {name} holds something that is not a time (ISO 8601, UTC)"
        ) from error


def text_codes(table: pa.Table, name: str) -> tuple[list[str], Codes]:
    """Distinct values in order of appearance and each row's index into them."""
    import pyarrow as pa

    encoded = table[name].combine_chunks().cast(pa.string()).dictionary_encode()
    return encoded.dictionary.to_pylist(), np.asarray(encoded.indices.to_numpy(), dtype=np.int64)
